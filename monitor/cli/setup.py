"""Before and beside the service: init, healthcheck, completion.

A container asks `healthcheck` twice a minute: it reads the settings and no rules.
"""

import http.client
import json
import shutil
import urllib.error
import urllib.request
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

import click
from click.shell_completion import get_completion_class

from monitor import settings
from monitor.app.files import configuration_file, shipped
from monitor.app.whereabouts import listening_at
from monitor.cli.options import config_option
from monitor.cli.output import BAD_INPUT, fail, print_problems

_MOST = 100_000
"""Bytes of an answer that are read."""

_NEXT_STEPS = """\
Written to {folder}:
  tocsin.yaml      the configuration, each line explained
  feeds/           which feeds are polled
  sources.yaml     the outlets behind them
  rules/           the rule packs

Next:
  cd {folder}
  tocsin check               # is all in order?
  tocsin run                 # watch; alerts appear here and in data/alerts.jsonl
  $EDITOR rules/wagner.yaml  # make the rules yours; a saved pack takes effect at once
"""
_IF_CHANGED = (
    "; a server.listen that was changed since the start is in force after the next one:"
    " ask the former with --url http://HOST:PORT"
)
_HEALTHY = "/-/healthy"


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
def init(folder: Path, *, force: bool) -> None:
    """Write a commented configuration, feeds and rule packs into FOLDER."""
    root = shipped()
    files = {
        path.relative_to(root / "config"): path
        for path in sorted((root / "config").rglob("*.yaml"))
    }
    files |= {
        path.relative_to(root): path
        for path in sorted((root / "rules").rglob("*.yaml"))
    }
    there = [name for name in files if (folder / name).exists()]
    if there and not force:
        fail(f"{folder / there[0]} is there already; choose another folder, or --force")
    for name, path in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    written = folder / "tocsin.yaml"
    text = written.read_text(encoding="utf-8").replace("../rules/", "rules/")
    written.write_text(text, encoding="utf-8")
    click.echo(_NEXT_STEPS.format(folder=folder), nl=False)


@click.command()
@config_option
@click.option(
    "--url", default="", help="The service's address [default: server.listen]."
)
def healthcheck(config: Path | None, url: str) -> None:
    """Exit 0 when the running service is healthy, 1 when not (for containers).

    Where server.listen was changed since the start, the service is asked at the address
    that is in force still; where the configuration is refused since, the service that
    goes on is asked all the same.
    """
    written, store_url = _whereabouts(configuration_file(config))
    if url and not url.startswith(("http://", "https://")):
        fail("--url begins with http:// or https://", BAD_INPUT)
    running = "" if url else listening_at(store_url)
    addresses = (
        [_whole(url)] if url else [_of(one) for one in (running, written) if one]
    )
    hint = "" if url else _IF_CHANGED
    state = _first_answer(list(dict.fromkeys(addresses)), hint)
    click.echo(f"healthy, version {state.get('version', '?')}")
    port = written.rpartition(":")[2]
    if running and running != written and port != "0":
        click.echo(f"it listens on {running} until the next start, then on {written}")


def _whereabouts(path: Path) -> tuple[str, str]:
    """Return where the service is to listen, and where its store is.

    A bad edit must not have a container ended whose service goes on by what it read.
    """
    reading = settings.read(path)
    if reading.configuration is not None:
        made = reading.configuration
        return made.settings.server.listen, made.store_url
    print_problems(reading.problems)
    return settings.service_of(path)


def _of(listen: str) -> str:
    """Return where on this machine a service that listens so says how it is."""
    host, _, port = listen.rpartition(":")
    local = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(host, host)  # noqa: S104 - asked, not bound
    return f"http://{local}:{port}{_HEALTHY}"


def _whole(url: str) -> str:
    """Return where a service says how it is, whose bare address may be given."""
    is_bare = not url.partition("://")[2].partition("/")[2]
    return f"{url.rstrip('/')}{_HEALTHY}" if is_bare else url


def _first_answer(addresses: Sequence[str], hint: str) -> dict[str, Any]:
    """Return what a service says that is healthy, of the first address with one."""
    # A proxy of the environment is no way to this machine itself.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    said = []
    for address in addresses:
        try:
            with direct.open(address, timeout=5) as answer:
                state = json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code == HTTPStatus.SERVICE_UNAVAILABLE:
                fail(f"not healthy: {_unwell(error.read(_MOST))}")
            said.append(f"no healthy answer from {address}: {error}")
        except (OSError, ValueError, http.client.HTTPException) as error:
            why = getattr(error, "reason", error)
            said.append(f"no healthy answer from {address}: {why}")
        else:
            if isinstance(state, dict) and "version" in state:
                return state
            said.append(f"what answers at {address} is no Tocsin")
    return fail("; ".join(said) + hint)


def _unwell(answer: bytes) -> str:
    """Return what fails and why, each reason once; else what was answered."""
    try:
        state = json.loads(answer)
        reasons: dict[str, list[str]] = {}
        if problem := state["store"].get("problem"):
            reasons[problem] = ["store"]
        for tick, why in state["failing_ticks"].items():
            reasons.setdefault(why, []).append(tick)
        said = [f"{', '.join(who)}: {why}" for why, who in reasons.items()]
        if stalled := state["stalled_ticks"]:
            said.append(f"standing still: {', '.join(stalled)}")
        return "; ".join(said) or "it says no more"
    except (ValueError, KeyError, TypeError, AttributeError):
        return answer[:2000].decode("utf-8", "replace")


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of SHELL.

    For bash: tocsin completion bash > ~/.local/share/bash-completion/completions/tocsin
    """
    root = click.get_current_context().find_root()
    kind = get_completion_class(shell)
    if kind is None:
        fail(f"no completion for {shell}", BAD_INPUT)
    made = kind(root.command, {}, "tocsin", "_TOCSIN_COMPLETE")
    click.echo(made.source())
