"""Lint tells what is suspicious over a whole pack, each at its place."""

from pathlib import Path

from monitor import rulepacks

PACK = """\
version: 1
theme: t
defs:
  fuel: gas OR gas*
  spare: [coal]
rules:
  - {id: one, title: One, severity: low, match: "@fuel AND cut"}
  - {id: two, title: Two, severity: high, match: "@fuel AND cut"}
  - {id: three, title: Three, severity: high, match: "oil NOT oil"}
"""


def test_each_suspicion_stands_at_its_place(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(PACK, encoding="utf-8")
    found = [(one.line, one.code) for one in rulepacks.lint([path])]
    assert found == [(9, "Q303"), (4, "Q302"), (5, "R302"), (8, "R303")]


def test_the_shipped_packs_have_no_contradiction_and_no_unused_name() -> None:
    folder = Path(__file__).parents[2] / "rules"
    codes = {one.code for one in rulepacks.lint([folder])}
    assert codes <= {"Q302"}
