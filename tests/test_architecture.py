"""The map in ARCHITECTURE.md is the tree."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def mapped() -> list[str]:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    block = re.search(r"## The map\n.*?```\n(.*?)```", text, re.DOTALL)
    assert block is not None
    return re.findall(r"^(monitor/\S+\.py)", block[1], re.MULTILINE)


def in_the_tree() -> list[str]:
    return [
        str(path.relative_to(ROOT))
        for path in (ROOT / "monitor").rglob("*.py")
        if path.name != "__init__.py" and "versions" not in path.parts
    ]


def test_the_map_names_every_module_once_and_no_other() -> None:
    assert sorted(mapped()) == sorted(in_the_tree())
