"""The documents tell the truth about the code."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from monitor import rulepacks, settings
from monitor.settings import delivering, mailing, receivers, shape

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
