"""Rule packs: YAML in, rules ready to run out, every problem with its place.

shape     what a pack's file may hold
codes     what can be wrong in one, by code
packs     one file: its definitions and rules, compiled and tested
rulebook  all packs together: the rules in force
expanding what a term or a definition really matches
linting   what is legal and suspicious
collisions terms that find words of another language
imports   definitions that stand in another file
formatting one layout for packs
mutation  which parts of rules no example would miss
"""

from monitor.rulepacks.codes import CODES
from monitor.rulepacks.editors import schema
from monitor.rulepacks.expanding import Expanded, ExpandedWord
from monitor.rulepacks.formatting import format_pack
from monitor.rulepacks.imports import Library
from monitor.rulepacks.rulebook import (
    CompiledQuery,
    Rulebook,
    check,
    compile_query,
    expand_query,
    files,
    lint,
    load,
    untested,
)

__all__ = [
    "CODES",
    "CompiledQuery",
    "Expanded",
    "ExpandedWord",
    "Library",
    "Rulebook",
    "check",
    "compile_query",
    "expand_query",
    "files",
    "format_pack",
    "lint",
    "load",
    "schema",
    "untested",
]
