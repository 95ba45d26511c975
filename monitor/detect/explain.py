"""Why a rule fired on an item, or which of its clauses failed, and how narrowly."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

from monitor.detect.clauses import (
    AtLeastClause,
    Clause,
    EitherClause,
    NamedClause,
    NotClause,
    Place,
    SomeClause,
    TermClause,
)
from monitor.detect.compiled import Compiled
from monitor.detect.engine import evidence, spans
from monitor.detect.lexicon import Lexicon
from monitor.detect.proximity import ExceptClause, NearClause
from monitor.detect.syntax import And, AtLeast, Not, Or, Some, write
from monitor.detect.text import ATTRIBUTES
from monitor.detect.view import ANYWHERE, View
from monitor.model import Item, Span
from monitor.model.counts import counted

_SHARED_LETTERS = 4
_LONGEST_LABEL = 70
_MOST_SHOWN = 4
_MOST_NEAR = 3
"""Alternatives that are shown where none holds: those of which most is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One clause of the rule, on this item."""

    clause: str
    """As written; a list by its operator alone."""
    holds: bool
    spans: tuple[Span, ...] = ()
    """The words that satisfied it."""
    note: str = ""
    """For one that failed: its nearest miss, where there is one."""
    inner: tuple["Step", ...] = ()
    denies: bool = False
    """Whether it holds where the clause below does not."""
    either: bool = False
    """Whether one of the clauses below is enough."""

    @property
    def begun(self) -> bool:
        """Whether something in it was found, or nearly; not where something is absent."""
        if self.denies:
            return False
        below = any(one.begun for one in self.inner)
        return below or bool(self.spans or self.note)

    @property
    def nearness(self) -> float:
        """How much of it is there, 0 to 1."""
        if self.holds:
            return 1.0
        if not self.begun or not self.inner:
            return 0.5 if self.note else 0.0
        below = [one.nearness for one in self.inner]
        return max(below) if self.either else sum(below) / len(below)

    @property
    def words(self) -> tuple[Span, ...]:
        """The words that satisfied it or the clauses below."""
        below = chain.from_iterable(one.words for one in self.inner if one.holds)
        return self.spans or tuple(islice(below, _MOST_SHOWN))


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What one rule made of one item."""

    rule: str
    fired: bool
    refused: str
    """Why the item was not looked at (`where:`); "" where it was."""
    steps: Step

    def __str__(self) -> str:
        """Show the clauses that decided as a tree, ticked and crossed.

        What the outcome does not hang on is told in a line: alternatives of which
        nothing is there, and all that is below a clause that did its part.
        """
        head = "it fires" if self.fired else "it does not fire"
        lines = [f"{head}{f': {self.refused}' if self.refused else ''}"]
        return "\n".join([*lines, *_lines(self.steps, 0)])


def _lines(step: Step, depth: int) -> Iterator[str]:
    below = _telling(step, top=depth == 0)
    yield _line(step, depth, alone=not below)
    for one in below:
        if step.holds or not one.holds or step.denies:
            yield from _lines(one, depth + 1)
        else:
            yield _line(one, depth + 1, alone=True)
    begun = sum(one.begun for one in step.inner) if step.either else 0
    if not step.holds and begun > len(below):
        more = begun - len(below)
        yield f"{'  ' * (depth + 1)}✗ {more} more, of which no more is there"


def _telling(step: Step, *, top: bool) -> list[Step]:
    """Return the clauses below that the outcome hangs on."""
    if step.holds:
        return [] if step.denies else [one for one in step.inner if one.holds]
    if step.denies:
        return list(step.inner)
    if not step.begun:
        return list(step.inner) if top else []
    if not step.either:
        return list(step.inner)
    begun = [one for one in step.inner if one.begun]
    return sorted(begun, key=lambda one: -one.nearness)[:_MOST_NEAR]


def _line(step: Step, depth: int, *, alone: bool) -> str:
    """Return a clause; where it stands `alone`, with its words, or how near it was."""
    shown = step.words if alone and not step.denies else ()
    words = ", ".join(f"“{span.text}” ({span.field})" for span in shown)
    tail = words or step.note
    mark = "✓" if step.holds else "✗"
    return f"{'  ' * depth}{mark} {step.clause}{f'  {tail}' if tail else ''}"


def explain(rule: Compiled, item: Item, lexicon: Lexicon) -> Explanation:
    """Evaluate a rule clause by clause; `lexicon` is the one it was compiled with."""
    view = View(item, lexicon)
    steps = _step(rule.clause, view)
    refused = rule.where.refusal(item)
    return Explanation(
        rule=rule.id, fired=steps.holds and not refused, refused=refused, steps=steps
    )


def _step(clause: Clause, view: View) -> Step:
    holds = clause.holds(view)
    inner = tuple(_step(one, view) for one in _shown(clause, view, holds=holds))
    if isinstance(clause, NearClause) and clause.negated:
        # Alone, "any of" would not say of what.
        inner = tuple(replace(one, clause=_cut(clause.inner[0])) for one in inner)
    return Step(
        clause=_label(clause, view),
        holds=holds,
        spans=evidence(clause, view)[:_MOST_SHOWN] if holds and not inner else (),
        note="" if holds else _note(clause, view),
        inner=inner,
        denies=isinstance(clause, NotClause),
        either=_either(clause),
    )


def _either(clause: Clause) -> bool:
    if isinstance(clause, NamedClause):
        return _either(clause.definition)
    return isinstance(clause, EitherClause)


def _shown(clause: Clause, view: View, *, holds: bool) -> Sequence[Clause]:
    """Return the clauses below worth showing.

    Of an OR those that hold; of a long one of which none does, what is more than a word.
    """
    if isinstance(clause, NamedClause):
        return _shown(clause.definition, view, holds=holds)
    if isinstance(clause, EitherClause):
        good = [one for one in clause.inner if one.holds(view)]
        if good or len(clause.inner) <= _MOST_SHOWN:
            return good or clause.inner
        return [one for one in clause.inner if not isinstance(one, TermClause)]
    if isinstance(clause, NearClause) and clause.negated and not holds:
        # The right one is not wanted: that it is there is no merit, nor a miss.
        left = clause.inner[0]
        return () if left.holds(view) else (left,)
    if isinstance(clause, NearClause | ExceptClause) and holds:
        return ()
    return clause.inner


def _label(clause: Clause, view: View) -> str:
    match clause.node:
        case And():
            return "all of"
        case Or():
            return "any of" if len(clause.inner) <= _MOST_SHOWN else _cut(clause)
        case Not() if clause.holds(view):
            denied = _cut(clause.inner[0])
            return f"not ({denied})" if " " in denied else f"not {denied}"
        case Not():
            return "not"
        case Some() as some:
            return f"{some.count} of"
        case AtLeast() as least:
            return f"at least {counted(least.count, 'time')}"
        case _:
            return _cut(clause)


def _cut(clause: Clause) -> str:
    text, scope = write(clause.node), _scope(clause)
    if scope not in {"", ANYWHERE} and not text.startswith(f"{scope}:"):
        alone = isinstance(clause, TermClause | NamedClause)
        text = f"{scope}:{text}" if alone else f"{scope}:({text})"
    return text if len(text) <= _LONGEST_LABEL else f"{text[: _LONGEST_LABEL - 1]}…"


def _scope(clause: Clause) -> str:
    """Return the field that all words of a clause must stand in; "" where they differ."""
    if isinstance(clause, TermClause):
        return clause.scope
    found = ""
    for one in clause.inner:
        scope = _scope(one)
        if not scope or found not in {"", scope}:
            return ""
        found = scope
    return found


# ── the nearest miss ─────────────────────────────────────────────────────────


def _note(clause: Clause, view: View) -> str:
    match clause:
        case TermClause():
            if clause.scope in ATTRIBUTES:
                return _value(clause, view)
            return _other_form(clause, view)
        case NearClause():
            return _distance(clause, view)
        case ExceptClause():
            return _removed(clause, view)
        case NotClause():
            found = evidence(clause.inner[0], view)
            return f"it is there: “{found[0].text}”" if found else "it is there"
        case AtLeastClause():
            places = clause.found(view)
            return f"{places} of {clause.count} are there" if places else ""
        case SomeClause():
            held = sum(one.holds(view) for one in clause.inner)
            return f"{held} of {clause.count} are there" if held else ""
        case _:
            return ""


def _value(clause: TermClause, view: View) -> str:
    """Say what stands in an attribute instead, or that it is not known."""
    values = [
        segment.text
        for segment in view.document.attributes
        if segment.field == clause.scope
    ]
    shown = ", ".join(values[:_MOST_SHOWN])
    return f"the {clause.scope} is {shown}" if shown else f"no {clause.scope} is known"


def _other_form(clause: TermClause, view: View) -> str:
    elsewhere = TermClause(clause.term, clause.atoms, ANYWHERE)
    if clause.scope != ANYWHERE and elsewhere.holds(view):
        where = evidence(elsewhere, view)
        return f"it stands in the {where[0].field}" if where else ""
    if clause.term.kind == "case" and (cased := _wrong_case(clause, view)):
        return cased
    missing = [
        word.casefold()
        for word, atom in zip(clause.term.words, clause.atoms, strict=True)
        if not view.positions(atom, clause.scope)
    ]
    if len(missing) == len(clause.term.words) > 1:
        return ""
    if not missing:
        return "its words are there, but not side by side"
    stem = missing[0].rstrip("*")
    shared = max(_SHARED_LETTERS, len(stem) - 2)
    similar = sorted(one for one in view.words if one[:shared] == stem[:shared])
    if len(stem) >= _SHARED_LETTERS and similar:
        return f"there in another form: {', '.join(similar[:3])}"
    return f"without {missing[0]}" if len(clause.term.words) > 1 else ""


def _wrong_case(clause: TermClause, view: View) -> str:
    """Say in which letters a case-sensitive term stands there; "" where it does not."""
    any_case = replace(clause.term, kind="phrase")
    found = TermClause(any_case, clause.atoms, clause.scope).places(view)
    heard = [p for p in found if not view.document.segment(p[0]).shouts]
    if heard:
        forms = dict.fromkeys(_quoted(place, view) for place in heard)
        return f"there as {', '.join(islice(forms, _MOST_SHOWN))}"
    for first, _, _ in found:
        field = view.document.segment(first).field
        return f"the {field} is in capitals, which says nothing"
    return ""


def _distance(clause: NearClause, view: View) -> str:
    left, right = (one.places(view) for one in clause.inner)
    if not left or not right:
        return ""
    if clause.negated:
        return _too_near(clause, view)
    together = list(clause.together(view))
    if not together:
        part = {"s": "in no sentence together", "p": "in no paragraph together"}
        return (
            f"both are there, but {part.get(str(clause.reach), 'in different fields')}"
        )
    apart = [words for pair in together if (words := clause.between(*pair)) >= 0]
    if not apart:
        return "both are there, but in the other order or overlapping"
    nearest = counted(min(apart), "word")
    allowed = f"{clause.reach} {'is' if clause.reach == 1 else 'are'} allowed"
    return f"the nearest are {nearest} apart, {allowed}"


def _too_near(clause: NearClause, view: View) -> str:
    """Say which words stood near each other although they may not."""
    told = []
    for one, other in islice(clause.pairs(view), _MOST_SHOWN):
        first, second = (_quoted(place, view) for place in (one, other))
        if clause.reach in {"s", "p"}:
            part = "sentence" if clause.reach == "s" else "paragraph"
            told.append(f"{first} and {second} in one {part}")
        elif between := clause.between(one, other):
            told.append(f"{first} {counted(between, 'word')} from {second}")
        else:
            told.append(f"{first} next to {second}")
    return f"forbidden: {', '.join(told)}" if told else ""


def _quoted(place: Place, view: View) -> str:
    found = spans(place[2], view)
    return f"“{' … '.join(span.text for span in found)}”"


def _removed(clause: ExceptClause, view: View) -> str:
    """Say which occurrence of the second takes the first one away."""
    removed = clause.inner[1].places(view)
    for first, last, _ in clause.inner[0].places(view):
        for place in removed:
            if place[0] <= last and first <= place[1]:
                return f"taken away by {_quoted(place, view)}"
    return ""
