"""The query language: text to syntax tree, every fault with its place."""

import re
from dataclasses import dataclass

from monitor.detect.grammar import Parser
from monitor.detect.lexer import Symbol, symbols
from monitor.detect.syntax import Fault, Node
from monitor.detect.terms import TermMaker


@dataclass(frozen=True, slots=True)
class Parsed:
    """A query's tree, with every fault found on the way."""

    tree: Node
    faults: tuple[Fault, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is worse than a warning."""
        return not any(fault.severity == "error" for fault in self.faults)


def parse(text: str) -> Parsed:
    """Parse a query; the tree holds `Broken` where a part could not be read."""
    found, faults = symbols(text)
    parser = Parser(found, faults)
    tree = parser.query()
    faults = sorted(parser.faults, key=lambda fault: fault.start)
    return Parsed(tree, tuple(faults))


def listed_term(text: str) -> Parsed:
    """Parse an entry of a definition's list: a word or phrase without quotes.

    `Рихард Вагнер~` is the phrase in all its forms, `{KGB}` is case-sensitive.
    """
    bare = text.strip()
    if not bare or bare[0] in '{"«„“@(':
        return parse(text)
    lead = len(text) - len(text.lstrip())
    inflect = None
    tilde = re.search(r"~([A-Za-z]*)\Z", bare)
    if tilde is not None:
        bare, inflect = bare[: tilde.start()], tilde[1].lower()
    maker = TermMaker()
    end = lead + len(bare)
    node = maker.make("phrase", bare, Symbol("phrase", bare, lead, end, inflect))
    return Parsed(node, tuple(maker.faults))
