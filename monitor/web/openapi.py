"""The OpenAPI 3.1 document of the interface for programs, made from its operations."""

from collections.abc import Iterable
from typing import Any

from monitor import __version__
from monitor.model import DeliveryState
from monitor.web.calls import MOST_OF_KEY, MOST_ROWS, Operation
from monitor.web.given import schema_of

_QUERY: dict[str, dict[str, Any]] = {
    "limit": {"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": 50},
    "state": {"type": "string", "enum": [state.value for state in DeliveryState]},
    "all": {"type": "string", "enum": ["0", "1"]},
}
_ONCE: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Makes the change once: asked again, it is answered the same.",
    "schema": {"type": "string", "maxLength": MOST_OF_KEY},
}


def document(operations: Iterable[Operation]) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of the operations."""
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method.lower()] = _described(one)
    problem = {
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
        },
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tocsin", "version": __version__},
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {"problem": problem},
        },
    }


def _described(operation: Operation) -> dict[str, Any]:
    names = [p[1:-1] for p in operation.path.split("/") if p.startswith("{")]
    inside = [
        {"name": n, "in": "path", "required": True, "schema": {"type": "string"}}
        for n in names
    ]
    asked = [
        {"name": n, "in": "query", "schema": _QUERY.get(n, {"type": "string"})}
        for n in operation.query
    ]
    if operation.scope == "write":
        asked.append(_ONCE)
    schema = {"$ref": "#/components/schemas/problem"}
    wrong = {"content": {"application/problem+json": {"schema": schema}}}
    described: dict[str, Any] = {
        "summary": operation.summary,
        "description": f"Needs a token of scope {operation.scope}.",
        "parameters": [*inside, *asked],
        "responses": {
            "200": {"description": "Done.", "content": {"application/json": {}}},
            "default": {"description": "What is wrong.", **wrong},
        },
    }
    if operation.body:
        fields = {n: schema_of(n) for n in (f.rstrip("*") for f in operation.body)}
        required = [n[:-1] for n in operation.body if n.endswith("*")]
        shape = {
            "type": "object",
            "properties": fields,
            "required": required,
            "additionalProperties": False,
        }
        content = {"application/json": {"schema": shape}}
        described["requestBody"] = {"content": content, "required": bool(required)}
    return described
