"""A rule, ready to run, and what an item must be for it, apart from its text."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date

from monitor.detect.clauses import Clause
from monitor.detect.folding import fold
from monitor.model import Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """What an item must be, apart from its text; empty allows everything."""

    lang: frozenset[str] = frozenset()
    not_lang: frozenset[str] = frozenset()
    source: frozenset[str] = frozenset()
    """Names of outlets, folded."""
    not_source: frozenset[str] = frozenset()
    country: frozenset[str] = frozenset()
    not_country: frozenset[str] = frozenset()
    since: date | None = None
    """The first day, in UTC, on which it may be published."""
    until: date | None = None
    """The last such day."""

    def refusal(self, item: Item) -> str:
        """Return why an item is not looked at; "" where it is.

        What is not known of an item, such as its language, refuses nothing: a
        report is not lost because a feed does not say what it is written in.
        """
        facts = (
            ("lang", item.lang, self.lang, self.not_lang),
            ("source", fold(item.source), self.source, self.not_source),
            ("country", item.country, self.country, self.not_country),
        )
        for name, value, wanted, unwanted in facts:
            if value and value in unwanted:
                return f"where.not_{name} excludes {value}"
            if value and wanted and value not in wanted:
                return f"where.{name} does not list {value}"
        return self._out_of_time(item)

    def _out_of_time(self, item: Item) -> str:
        if (self.since or self.until) and item.moment:
            day = item.moment.astimezone(UTC).date()
            if self.since and day < self.since:
                return f"where.since excludes {day}"
            if self.until and day > self.until:
                return f"where.until excludes {day}"
        return ""

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """Yield what is asked for and excluded at once, such as ("lang", "ru")."""
        facts = (
            ("lang", self.lang, self.not_lang),
            ("source", self.source, self.not_source),
            ("country", self.country, self.not_country),
        )
        for name, wanted, unwanted in facts:
            for value in sorted(wanted & unwanted):
                yield name, value


ANY = Where()
"""Every item will do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """One rule, ready to run."""

    id: str
    clause: Clause
    where: Where = ANY
