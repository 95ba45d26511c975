"""Fuzzes the readers, guided by coverage (atheris, libFuzzer).

    python fuzz/run.py [--seconds 3600] [--findings FOLDER] [TARGET ...]

Each target has its share of the seconds, one after the other, in a process of its own:
libFuzzer ends a process that finds something. It begins with fuzz/corpus/TARGET and
keeps what it learns in FOLDER (by default .fuzz, which is not kept in the repository).
A finding is an exception, an input that takes more than ten seconds, or more than 2 GB;
it is written to FOLDER, named, and the exit status is 1. `--replay FILE` runs one.
"""

import argparse
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ONE = "--one"
sys.path.insert(0, str(HERE))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("target", nargs="*")
    parser.add_argument("--seconds", type=int, default=3600)
    parser.add_argument("--findings", type=Path, default=Path(".fuzz"))
    parser.add_argument("--replay", type=Path)
    if sys.argv[1:2] == [ONE]:
        fuzz(sys.argv[2], sys.argv[3:])
    options = parser.parse_args()
    from targets import TARGETS  # noqa: PLC0415 - uninstrumented here

    chosen = options.target or list(TARGETS)
    unknown = sorted(set(chosen) - set(TARGETS))
    if unknown:
        sys.exit(
            f"no target is called {', '.join(unknown)}; there are: {', '.join(TARGETS)}"
        )
    if options.replay:
        for name in chosen:
            TARGETS[name](options.replay.read_bytes())
        return
    found = [name for name in chosen if not clean(name, options, len(chosen))]
    print(f"{len(chosen)} targets, findings in: {', '.join(found) or 'none'}")
    sys.exit(1 if found else 0)


def clean(name, options, among):
    """Fuzz one target for its share of the time; return whether nothing was found."""
    learned = options.findings / name
    learned.mkdir(parents=True, exist_ok=True)
    seeds = HERE / "corpus" / name
    seeds.mkdir(exist_ok=True, parents=True)
    log = options.findings / f"{name}.log"
    with log.open("wb") as output:
        ended = subprocess.run(
            [
                sys.executable,
                __file__,
                ONE,
                name,
                f"-max_total_time={max(1, options.seconds // among)}",
                "-timeout=10",
                "-rss_limit_mb=2048",
                "-max_len=16384",
                f"-artifact_prefix={options.findings}/{name}-",
                str(learned),
                str(seeds),
            ],
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    lines = log.read_text("utf-8", "replace").splitlines()
    runs = next((line for line in reversed(lines) if " cov: " in line), "no coverage")
    print(f"{name:10} {'clean' if ended.returncode == 0 else 'FOUND'}  {runs.strip()}")
    if ended.returncode:
        print("\n".join(lines[-40:]))
    sys.stdout.flush()
    return ended.returncode == 0


def fuzz(name, arguments):
    """Become libFuzzer; never returns."""
    import atheris  # noqa: PLC0415 - only here is it needed

    with atheris.instrument_imports(include=["monitor", "feedparser"]):
        import targets  # noqa: PLC0415
    atheris.Setup([sys.argv[0], *arguments], targets.TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
