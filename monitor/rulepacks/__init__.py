"""Rule packs: YAML in, rules ready to run out, every problem with its place.

shape     what a pack's file may hold
packs     one file: its definitions and rules, compiled and tested
rulebook  all packs together: the rules in force
"""

from monitor.rulepacks.rulebook import (
    CompiledQuery,
    Rulebook,
    check,
    compile_query,
    load,
)

__all__ = ["CompiledQuery", "Rulebook", "check", "compile_query", "load"]
