"""The folder that the demo plays in, and what is left of it to look around in."""

import json
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from monitor.demo.receivers import Mail, Received
from monitor.errors import TocsinError

_LOOK_AROUND = """
What happened is kept in {folder}. Look around in it:

  cd {folder}
  {tocsin} alerts list --since 2020-07-29      # then: alerts show ALERT
  {tocsin} stories list --since 2020-07-29     # then: stories show STORY
  {tocsin} items search 'Wagner* OR Вагнер~' --since 2020-07-29
  {tocsin} explain ITEM                        # why it fired or joined, or did not
  {tocsin} ledger verify
  less received/mail/001.eml received/webhooks.jsonl
"""


def look_around(folder: Path) -> str:
    """Return what can be done in the folder, in commands that work as they stand."""
    return _LOOK_AROUND.format(folder=shlex.quote(str(folder)), tocsin=_command())


def _command() -> str:
    """Return how this program is called from another folder."""
    called = Path(sys.argv[0]).resolve()
    # In a checkout it is in no folder of the path.
    if shutil.which("tocsin") or called.name != "tocsin":
        return "tocsin"
    return shlex.quote(str(called))


@contextmanager
def folder_for(keep: Path | None) -> Iterator[Path]:
    """Yield a folder to play in: `keep`, or one that is gone afterwards.

    TocsinError where there is something in `keep`.
    """
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="tocsin-demo-") as folder:
            yield Path(folder)
        return
    try:
        keep.mkdir(parents=True, exist_ok=True)
        taken = any(keep.iterdir())
    except OSError as error:
        raise TocsinError(f"{keep}: {error.strerror}; choose another folder") from error
    if taken:
        raise TocsinError(f"{keep} is not empty; choose a folder that is new")
    yield keep.resolve()


def keep_received(
    folder: Path, hooks: Iterable[Received], mails: Iterable[Mail]
) -> None:
    """Write what the receivers took, in the order it came."""
    mailbox = folder / "received" / "mail"
    mailbox.mkdir(parents=True)
    for number, mail in enumerate(mails, start=1):
        (mailbox / f"{number:03}.eml").write_bytes(mail.content)
    with (folder / "received" / "webhooks.jsonl").open("w", encoding="utf-8") as lines:
        for hook in hooks:
            lines.write(json.dumps(hook.body, ensure_ascii=False) + "\n")
