"""What people get to read when a pack is wrong, kept as files to be read.

After a change on purpose, `.venv/bin/python -m tests.rulepacks.test_malformed` writes
the files anew; read the difference before it is committed.
"""

from pathlib import Path

import pytest

from monitor import rulepacks

FOLDER = Path(__file__).parent / "malformed"
PACKS = sorted(FOLDER.glob("*.yaml"))


def said(path: Path) -> str:
    problems = rulepacks.check([path])
    text = "\n".join(str(problem) for problem in problems)
    return text.replace(str(path), path.name) + "\n"


@pytest.mark.parametrize("path", PACKS, ids=lambda path: path.stem)
def test_a_malformed_pack_is_refused_in_these_words(path: Path) -> None:
    assert said(path) == path.with_suffix(".txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", PACKS, ids=lambda path: path.stem)
def test_every_problem_names_its_file_and_line(path: Path) -> None:
    problems = rulepacks.check([path])
    assert problems
    assert all(one.where == str(path) and one.line >= 1 for one in problems)


def test_there_are_at_least_sixty() -> None:
    assert len(PACKS) >= 60


if __name__ == "__main__":
    for pack in PACKS:
        pack.with_suffix(".txt").write_text(said(pack), encoding="utf-8")
