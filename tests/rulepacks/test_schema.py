"""What editors are told of packs is what the loader takes."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from monitor import rulepacks
from monitor.detect import checking
from monitor.detect.query import parse
from monitor.detect.suspicions import suspicions

ROOT = Path(__file__).parent.parent.parent
SCHEMA = Draft202012Validator(rulepacks.schema())
RULE = {"id": "r", "title": "R", "match": "gas"}
PACK = {"version": 1, "theme": "t", "rules": [RULE]}


def loads(folder: Path, pack: Any) -> bool:
    path = folder / "pack.yaml"
    path.write_text(yaml.safe_dump(pack), encoding="utf-8")
    return not [p for p in rulepacks.check([path]) if p.severity == "error"]


@pytest.mark.parametrize("path", sorted((ROOT / "rules").glob("*.yaml")))
def test_the_shipped_packs_are_valid(path: Path) -> None:
    assert SCHEMA.is_valid(yaml.safe_load(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"severity": "high", "tags": ["a", "b"], "updates": "report"},
        {"where": {"lang": "en", "not_country": ["BY"]}},
        {"corroboration": {"sources": 2, "within": "6h"}},
        {"tests": {"hit": "gas", "miss": ["oil", {"title": "oil", "lang": "en"}]}},
        {"trigger": {"type": "each"}, "receivers": ["desk"]},
        {"enabled": False},
        {"enabled": "no"},
        {"enabled": 0},
        {"enabled": None},
        {"severity": "grave"},
        {"id": "Not A Name"},
        {"match": 5},
        {"matches": "gas"},
        {"where": {"lang": "English"}},
        {"where": {"country": "by"}},
        {"where": {"since": "2020-05-08", "until": None}},
        {"where": {"since": "May 2020"}},
        {"where": {"until": 2020}},
        {"corroboration": {"sources": 1}},
        {"corroboration": {"sources": 2, "within": "0s"}},
        {"trigger": {"type": "frequency", "num_events": 5, "timeframe": "0h"}},
        {"trigger": {"type": "flatline", "timeframe": "10ms"}},
        {"resolve_after": "0s"},
        {"corroboration": {"sources": 2, "grade": "C3"}},
        {"corroboration": {"sources": 2, "grade": "G7"}},
        {"corroboration": {"sources": 2, "within": "soon"}},
        {"trigger": {"type": "spike"}},
        {"trigger": {"type": "spike", "timeframe": "6h"}},
        {"trigger": {"type": "frequency", "num_events": 5, "timeframe": "1h"}},
        {"trigger": {"type": "frequency", "num_events": 1, "timeframe": "1h"}},
        {"trigger": {"type": "frequency", "timeframe": "1h"}},
        {"trigger": {"type": "cardinality", "at_least": 3, "timeframe": "1h"}},
        {"trigger": {"type": "cardinality", "field": "author", "timeframe": "1h"}},
        {"trigger": {"type": "first_seen", "of": "pair"}},
        {"trigger": {"type": "sequence", "after": ["s"], "timeframe": "3d"}},
        {"trigger": {"type": "sequence", "timeframe": "3d"}},
        {"trigger": {"type": "flatline", "timeframe": "24h"}},
        {"trigger": {"type": "flatline"}},
        {"tests": {"hits": ["gas"]}},
        {"tests": {"hit": {"title": "gas"}, "miss": {"titel": "oil"}}},
        {"tests": {"hit": {"title": "gas"}, "miss": {"title": "oil"}}},
        {"trigger": {}},
        {"trigger": {"type": "frequency", "num_events": "5", "timeframe": "1h"}},
        {"trigger": {"type": "cardinality", "at_least": True, "timeframe": "1h"}},
        {"corroboration": {"sources": "2"}},
        {"corroboration": {"sources": 2, "grade": ""}},
        {"escalate": {}},
        {"escalate": {"sources": None}},
        {"escalate": {"sources": 51, "grade": "B2"}},
        {"escalate": {"grade": "B2"}},
        {"resolve_after": 0},
        {"resolve_after": 5},
    ],
    ids=repr,
)
def test_schema_and_loader_agree_on_rules(tmp_path: Path, change: Any) -> None:
    pack = PACK | {"rules": [RULE | change, RULE | {"id": "s", "match": "oil"}]}
    assert SCHEMA.is_valid(pack) == loads(tmp_path, pack)


@pytest.mark.parametrize("enabled", [True, False, "false", 1, None], ids=repr)
def test_schema_and_loader_agree_on_what_is_switched_off(
    tmp_path: Path, enabled: object
) -> None:
    pack = PACK | {"enabled": enabled}
    assert SCHEMA.is_valid(pack) == loads(tmp_path, pack) == isinstance(enabled, bool)


def test_a_pack_may_hold_definitions_alone(tmp_path: Path) -> None:
    pack = {"version": 1, "theme": "t", "defs": {"a": ["gas"]}}
    assert SCHEMA.is_valid(pack)
    assert loads(tmp_path, pack)
    nothing: tuple[dict[str, Any], ...] = (
        {},
        {"defs": {}},
        {"imports": {"a.yaml": ["b"]}},
    )
    for empty in nothing:
        bare = {"version": 1, "theme": "t"} | empty
        assert not SCHEMA.is_valid(bare)
        assert not loads(tmp_path, bare)


@pytest.mark.parametrize(
    "change",
    [
        {"defs": {"a": "gas OR oil"}},
        {"defs": {"a": ["gas", "natural gas"]}},
        {"defs": {"a": {"en": ["gas"], "ru": "газ~", "except": ["gas mask"]}}},
        {"defs": {"a": 5}},
        {"defs": {"a": {"en": {"x": 1}}}},
        {"defs": {"A": ["gas"]}},
        {"defs": {"a": []}},
        {"defs": {"a": {}}},
        {"defs": {"a": {"EN": ["gas"]}}},
        {"defs": {"a": {"match": ["gas"]}}},
        {"defs": {"a": {"except": ["gas"]}}},
        {"defs": {"a": {"match": "gas", "except": "gas mask"}}},
        {"version": 2},
        {"version": True},
        {"version": "1"},
        {"theme": "A Theme"},
        {"rules": []},
        {"rule": []},
        {"imports": {}},
        {"imports": {"a.yaml": "gas"}},
        {"imports": ["a.yaml"]},
    ],
    ids=repr,
)
def test_schema_and_loader_agree_on_packs(tmp_path: Path, change: Any) -> None:
    pack = PACK | change
    assert SCHEMA.is_valid(pack) == loads(tmp_path, pack)


CODES = [
    (code, entry.example)
    for code, entry in rulepacks.CODES.items()
    if code.startswith("Q")
    and "..." not in entry.example
    and "defs" not in entry.example
]


@pytest.mark.parametrize(("code", "example"), CODES)
def test_the_example_of_a_code_has_it(code: str, example: str) -> None:
    parsed = parse(example)
    faults = list(parsed.faults)
    if parsed.ok:
        faults += checking.check(parsed.tree, {})
        faults += suspicions(parsed.tree)
    assert code in [fault.code for fault in faults]


def test_the_rule_reference_lists_every_code() -> None:
    text = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    named = {"Q151", "Q152"}  # within a range there
    assert [c for c in rulepacks.CODES if c not in text and c not in named] == []
