"""The JSON Schema of rule packs, by which editors complete and check them."""

from typing import Any

from monitor.rulepacks.shape import PackShape

_TERMS: dict[str, Any] = {"type": "array", "items": {"type": ["string", "integer"]}}
_ONE_OR_MORE: dict[str, Any] = {"anyOf": [{"type": "string"}, _TERMS]}


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a pack's file, for editors."""
    made = PackShape.model_json_schema()
    made["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    made["title"] = "Tocsin rule pack"
    made["anyOf"] = [
        {"required": ["rules"]},
        {"required": ["defs"], "properties": {"defs": {"minProperties": 1}}},
    ]
    made["properties"]["defs"] = {
        "type": "object",
        "description": "Names for lists and queries: @name",
        "additionalProperties": {
            "anyOf": [
                {"type": "string", "description": "a query"},
                _TERMS,
                {
                    "type": "object",
                    "description": "terms by language, match: and except:",
                    "additionalProperties": _ONE_OR_MORE,
                },
            ]
        },
    }
    return made
