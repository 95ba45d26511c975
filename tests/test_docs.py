"""The documents tell the truth about the code."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from monitor import rulepacks, settings
from monitor.model import Verdict
from monitor.send import render
from monitor.settings import delivering, mailing, receivers, shape
from monitor.web.series import DECISIONS
from tests.send.examples import notice

ROOT = Path(__file__).parent.parent
SETTINGS = [
    model
    for module in (shape, receivers, mailing, delivering)
    for model in vars(module).values()
    if isinstance(model, type)
    and issubclass(model, BaseModel)
    and model.__module__ == module.__name__
]


def fields(model: Any) -> Iterator[str]:
    for name, info in model.model_fields.items():
        yield info.alias or name


@pytest.mark.parametrize("model", SETTINGS, ids=lambda m: str(m.__name__))
def test_every_setting_is_in_the_configuration_reference(model: Any) -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    missing = [name for name in fields(model) if f"`{name}`" not in text]
    assert missing == []


@pytest.mark.parametrize(
    "page",
    [ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")]
    + sorted((ROOT / "docs").glob("*.md")),
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_links_to_files_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)(?:#[^)]*)?\)", text)
    missing = [link for link in links if not (page.parent / link).exists()]
    assert missing == []


def packs_of(page: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


COOKBOOK = packs_of("rule-cookbook.md")


@pytest.mark.parametrize("text", packs_of("rule-guide.md"))
def test_every_step_of_the_guide_loads(text: str, tmp_path: Path) -> None:
    path = tmp_path / "harbour.yaml"
    path.write_text(text, encoding="utf-8")
    assert rulepacks.lint([path]) == []
    assert rulepacks.load([path]).rules


@pytest.mark.parametrize("text", COOKBOOK, ids=lambda t: t.split("theme: ")[1][:9])
def test_every_pack_of_the_cookbook_loads_and_has_nothing_suspicious(
    text: str, tmp_path: Path
) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(text, encoding="utf-8")
    assert rulepacks.lint([path]) == []
    assert rulepacks.load([path]).test_results


@pytest.mark.parametrize("text", packs_of("webhook.md"))
def test_every_configuration_of_a_webhook_is_taken(text: str, tmp_path: Path) -> None:
    secret = tmp_path / "desk"
    secret.write_text("whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
    path = tmp_path / "tocsin.yaml"
    path.write_text(text.replace("/run/secrets/desk", str(secret)), encoding="utf-8")
    assert settings.read(path).problems == []


def test_every_reason_of_a_message_is_named_and_the_example_has_every_field() -> None:
    text = (ROOT / "docs" / "webhook.md").read_text(encoding="utf-8")
    table = text.split('<a id="why-now">')[1].split("\nAll texts")[0]
    named = set(re.findall(r"`([a-z_-]+)`", table)) - {"code", "type", "updates"}
    decided = (Verdict.RAISE, Verdict.UPDATE, Verdict.CORRECT)
    later = {"repeat", "quiet", "closed"}
    assert named == {one for said in decided for one in DECISIONS[said]} | later
    example = json.loads(text.split("```json\n")[1].split("```")[0])
    assert paths(example) == paths(render.event(notice(), "dlv_1"))


def paths(value: object, before: str = "") -> set[str]:
    if isinstance(value, dict):
        under = [paths(inner, f"{before}.{name}") for name, inner in value.items()]
        return {before}.union(*under)
    if isinstance(value, list):
        return set().union(*(paths(inner, f"{before}[]") for inner in value))
    return {before}


def test_every_threat_names_tests_that_there_are() -> None:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ")][2:]
    assert len(rows) > 12
    for row in rows:
        named = re.findall(r"`(tests/[\w/.]+)(?:::(\w+))?`", row.split("|")[-2])
        assert named, row
        for path, test in named:
            assert (ROOT / path).exists(), path
            if test:
                assert f"def {test}(" in (ROOT / path).read_text(encoding="utf-8")
