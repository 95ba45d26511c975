"""The README's picture: an excerpt of the demo's terminal, as SVG.

python -m monitor.demo.picture docs/demo.svg
"""

import asyncio
import io
import re
import sys
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.text import Text

from monitor.app import logs
from monitor.demo.play import play

WIDTH = 112
_ALERTS = 3
_FONTS = re.compile(r"@font-face\s*\{.*?\}\s*", re.DOTALL)


def draw(path: Path) -> None:
    """Run the demo and write what its first alerts and its end look like."""
    logs.set_up("error", "auto")
    told: list[str] = []
    result = asyncio.run(play(timedelta(seconds=5), quiet=True, write=told.append))
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text("$ make demo", style="bold green"))
    chosen = [text for text in told if text.startswith("HIGH wagner")][:_ALERTS]
    for text in chosen:
        head, _, rest = text.partition("\n")
        console.print(
            Text(head, style="bold yellow"), no_wrap=True, overflow="ellipsis"
        )
        console.print(Text(rest), no_wrap=True, overflow="ellipsis")
    console.print(Text(f"... and {len(told) - len(chosen)} more\n", style="dim"))
    console.print(result.table())
    drawn = console.export_svg(title="tocsin demo")
    # A picture in a README fetches nothing: the reader's own fonts will do.
    path.write_text(_FONTS.sub("", drawn), encoding="utf-8")


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
