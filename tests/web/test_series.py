"""Counters of which all labels are known are there at zero, and none is missing."""

import ast
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest

import monitor
from monitor.model import Verdict
from monitor.web import series
from monitor.web.metrics import Metrics

HOME = Path(monitor.__file__).parent


def calls(path: Path) -> Iterator[ast.Call]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def texts(node: ast.expr) -> set[str]:
    """Return the texts that an expression may be, where it names them."""
    if isinstance(node, ast.IfExp):
        return texts(node.body) | texts(node.orelse)
    return {str(node.value)} if isinstance(node, ast.Constant) else set()


def verdicts(path: Path) -> Iterator[tuple[Verdict, str]]:
    """Yield what decisions name: a verdict, and behind it the reason."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Tuple(
                elts=[
                    ast.Attribute(value=ast.Name(id="Verdict"), attr=name),
                    ast.Constant(value=str(reason)),
                    *_,
                ]
            ):
                yield Verdict[name], reason
            case _:
                pass


def test_every_series_of_known_labels_is_there_at_zero() -> None:
    registry = CollectorRegistry()
    Metrics(registry).expect(["poll"], ["desk"])
    shown = generate_latest(registry).decode()
    for line in (
        'tocsin_polls_total{status="timeout"} 0.0',
        'tocsin_items_total{change="new"} 0.0',
        'tocsin_decisions_total{reason="silenced",verdict="hold"} 0.0',
        'tocsin_delivery_attempts_total{outcome="gave-up",receiver="desk"} 0.0',
        'tocsin_reloads_total{outcome="refused"} 0.0',
        'tocsin_hub_pushes_total{outcome="bad-signature"} 0.0',
        'tocsin_tick_failures_total{tick="poll"} 0.0',
    ):
        assert line in shown
    assert "tocsin_matches_total{" not in shown


def test_no_kind_of_failure_is_missing() -> None:
    kinds: set[str] = set()
    for path in HOME.glob("collect/**/*.py"):
        for call in calls(path):
            if getattr(call.func, "id", "") in {"FeedProblem", "ConnectFailed"}:
                kinds |= texts(call.args[0])
    assert {"dns", "not-a-feed", "redirect"} <= kinds
    assert kinds <= set(series.POLLS)


def test_no_reason_of_a_decision_is_missing() -> None:
    found = {
        pair
        for name in ("notify/alerts.py", "notify/lifecycle.py")
        for pair in verdicts(HOME / name)
    }
    known = {
        pair
        for verdict, reasons in series.DECISIONS.items()
        for pair in product([verdict], reasons)
    }
    assert (Verdict.HOLD, "backfill") in found
    assert found <= known


def test_no_outcome_of_a_push_is_missing() -> None:
    source = (HOME / "web/websub.py").read_text(encoding="utf-8")
    assert all(f'"{one}"' in source for one in series.PUSHES)
