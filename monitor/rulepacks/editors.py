"""The JSON Schema of rule packs, by which editors complete and check them."""

from typing import Any

from monitor.rulepacks.shape import PackShape

_TERMS: dict[str, Any] = {
    "type": "array",
    "minItems": 1,
    "items": {"type": ["string", "integer"]},
}
_ONE_OR_MORE: dict[str, Any] = {"anyOf": [{"type": "string"}, _TERMS]}
_DEFINITION: dict[str, Any] = {
    "anyOf": [
        {"type": "string", "description": "a query"},
        _TERMS,
        {
            "type": "object",
            "description": "terms by language, match: and except:",
            "properties": {"match": {"type": "string"}, "except": _ONE_OR_MORE},
            "patternProperties": {"^[a-z]{2,3}$": _ONE_OR_MORE},
            "additionalProperties": False,
            "not": {"propertyNames": {"const": "except"}},
        },
    ]
}


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a pack's file, for editors."""
    made = PackShape.model_json_schema()
    made["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    made["title"] = "Tocsin rule pack"
    made["anyOf"] = [
        {"required": ["rules"]},
        {"required": ["defs"], "properties": {"defs": {"minProperties": 1}}},
    ]
    made["$defs"]["EscalateShape"]["anyOf"] = [
        {"required": ["sources"], "properties": {"sources": {"type": "integer"}}},
        {"required": ["grade"]},
    ]
    made["properties"]["defs"] = {
        "type": "object",
        "description": "Names for lists and queries: @name",
        "propertyNames": {"pattern": "^[a-z][a-z0-9_-]{0,63}$"},
        "additionalProperties": _DEFINITION,
    }
    return made
