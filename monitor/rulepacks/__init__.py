"""Rule packs: YAML in, rules ready to run out, every problem with its place.

shape     what a pack's file may hold
codes     what can be wrong in one, by code
packs     one file: its definitions and rules, compiled and tested
rulebook  all packs together: the rules in force
"""

from monitor.rulepacks.codes import CODES
from monitor.rulepacks.rulebook import (
    CompiledQuery,
    Rulebook,
    check,
    compile_query,
    load,
)
from monitor.rulepacks.shape import schema

__all__ = [
    "CODES",
    "CompiledQuery",
    "Rulebook",
    "check",
    "compile_query",
    "load",
    "schema",
]
