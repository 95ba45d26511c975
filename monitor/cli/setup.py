"""Before and beside the service: init, healthcheck, completion.

A container asks `healthcheck` twice a minute: it reads the settings and no rules.
"""

import json
import shutil
import urllib.error
import urllib.request
from pathlib import Path

import click
from click.shell_completion import get_completion_class

from monitor import settings
from monitor.app.files import configuration_file, shipped
from monitor.cli.options import config_option
from monitor.cli.output import BAD_INPUT, fail
from monitor.errors import InputRefused

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
    """Exit 0 when the running service is healthy, 1 when not (for containers)."""
    reading = settings.read(configuration_file(config))
    if reading.configuration is None:
        raise InputRefused(reading.problems)
    host, _, port = reading.configuration.settings.server.listen.rpartition(":")
    local = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(host, host)  # noqa: S104 - asked, not bound
    address = url or f"http://{local}:{port}/-/healthy"
    if not address.startswith(("http://", "https://")):
        fail("--url begins with http:// or https://", BAD_INPUT)
    # A proxy of the environment is no way to this machine itself.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(address, timeout=5) as answer:
            state = json.load(answer)
    except urllib.error.HTTPError as error:
        fail(f"not healthy: {error.read(2000).decode('utf-8', 'replace')}")
    except (OSError, ValueError) as error:
        fail(f"no healthy answer from {address}: {error}")
    click.echo(f"healthy, version {state.get('version', '?')}")


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
