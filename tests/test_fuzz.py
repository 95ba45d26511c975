"""The corpus of the fuzzer, findings included, runs clean."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

FUZZ = Path(__file__).parent.parent / "fuzz"


def loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("targets", FUZZ / "targets.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TARGETS = loaded().TARGETS
CORPUS = sorted((FUZZ / "corpus").glob("*/*"))


@pytest.mark.parametrize(
    "path", CORPUS, ids=lambda path: f"{path.parent.name}-{path.name}"
)
def test_what_is_in_the_corpus_is_no_finding(path: Path) -> None:
    TARGETS[path.parent.name](path.read_bytes())


def test_every_target_has_a_corpus() -> None:
    assert set(TARGETS) == {path.parent.name for path in CORPUS}
