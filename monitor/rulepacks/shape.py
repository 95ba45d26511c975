"""The shape of a rule pack's file."""

import difflib
import re
from datetime import date, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from monitor import documents
from monitor.documents import Duration
from monitor.model import Severity, Trigger, Updates


def _identifier(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", value):
        raise documents.wrong(
            "expected a name of lower-case letters, digits and -",
            "such as wagner-minsk",
        )
    return value


def _language(value: str) -> str:
    if not re.fullmatch(r"[a-z]{2,3}", value):
        raise documents.wrong("expected a language code", "such as en, ru or be")
    return value


def _grade(value: str) -> str:
    if not re.fullmatch(r"[A-F][1-6]", value):
        raise documents.wrong(
            "expected an Admiralty grade",
            "such as C3: the source A to F, the report 1 to 6",
        )
    return value


def _country(value: str) -> str:
    if not re.fullmatch(r"[A-Z]{2}", value):
        raise documents.wrong(
            "expected a country code", "such as BY or LT, in capitals"
        )
    return value


Identifier = Annotated[
    str,
    AfterValidator(_identifier),
    WithJsonSchema({"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]{0,63}$"}),
]
_many = BeforeValidator(documents.one_or_many)


def _listed(pattern: str) -> WithJsonSchema:
    one = {"type": "string", "pattern": pattern}
    return WithJsonSchema({"anyOf": [one, {"type": "array", "items": one}]})


Languages = Annotated[
    tuple[Annotated[str, AfterValidator(_language)], ...],
    _many,
    _listed("^[a-z]{2,3}$"),
]
Countries = Annotated[
    tuple[Annotated[str, AfterValidator(_country)], ...], _many, _listed("^[A-Z]{2}$")
]
Texts = Annotated[tuple[str, ...], _many, _listed("")]


_DAY = r"^\d{4}-\d\d-\d\d$"


def _day(value: Any) -> Any:
    if value is None or isinstance(value, date):
        return value
    if not isinstance(value, str) or not re.search(_DAY, value):
        message = 'a day is written "2020-08-09"'
        raise ValueError(message)
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise documents.wrong(
            "expected a day of the calendar", 'such as "2020-08-09"'
        ) from None


Day = Annotated[
    date | None,
    BeforeValidator(_day),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": _DAY}, {"type": "null"}]}),
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WhereShape(_Strict):
    """What an item must be, apart from its text."""

    lang: Languages = ()
    not_lang: Languages = ()
    source: Texts = ()
    not_source: Texts = ()
    country: Countries = ()
    not_country: Countries = ()
    since: Day = None
    """The first day, in UTC, on which it may be published."""
    until: Day = None
    """The last such day."""

    @field_validator("until")
    @classmethod
    def _is_not_before_since(cls, until: date | None, known: ValidationInfo) -> Any:
        since = known.data.get("since")
        if since and until and until < since:
            raise documents.wrong(
                f"no day lies between since {since} and until {until}",
                "put the earlier day at since",
                code="R105",
            )
        return until


_LASTS = {"type": "string", "pattern": r"^(\d+(\.\d+)?(ms|s|m|h|d|w))+$"}
_Time = Annotated[Duration, WithJsonSchema({"anyOf": [_LASTS, {"const": 0}]})]


def _number(value: Any) -> Any:
    if isinstance(value, str | bool):
        raise documents.wrong("expected a number", "write its digits alone, such as 5")
    return value


_digits = BeforeValidator(_number)
_Count = Annotated[int, _digits]


def _lasting(value: timedelta) -> timedelta:
    if not value:
        raise documents.wrong("nothing happens within no time", "such as 6h or 3d")
    return value


_Span = Annotated[
    Duration,
    AfterValidator(_lasting),
    WithJsonSchema(
        {"type": "string", "pattern": r"^(?=.*[1-9])(\d+(\.\d+)?(ms|s|m|h|d|w))+$"}
    ),
]
"""A time in which something happens; it cannot be 0."""


class EachShape(_Strict):
    """Every story becomes an alert."""

    type: Literal["each"]


class FrequencyShape(_Strict):
    """So many reports within a time."""

    type: Literal["frequency"]
    num_events: _Count = Field(ge=2, le=10_000)
    timeframe: _Span


class SpikeShape(_Strict):
    """More reports within a time than the rule's own past makes likely."""

    type: Literal["spike"]
    timeframe: _Span
    false_alerts: _Span = timedelta(days=30)
    """One false alert in so long is acceptable."""


class CardinalityShape(_Strict):
    """So many different outlets, countries or languages within a time."""

    type: Literal["cardinality"]
    field: Literal["source", "country", "lang"] = "source"
    at_least: _Count = Field(ge=2, le=1000)
    timeframe: _Span


class FirstSeenShape(_Strict):
    """A term, or two together, that the rule has never found before."""

    type: Literal["first_seen"]
    of: Literal["term", "pair"] = "term"
    within: _Span = timedelta(days=90)
    """How long a term is remembered."""


class SequenceShape(_Strict):
    """Other rules fired before, in this order."""

    type: Literal["sequence"]
    after: Texts = Field(min_length=1)
    timeframe: _Span


class FlatlineShape(_Strict):
    """No report for so long; reports themselves are counted and not told."""

    type: Literal["flatline"]
    timeframe: _Span


TriggerShape = (
    EachShape
    | FlatlineShape
    | FrequencyShape
    | SpikeShape
    | CardinalityShape
    | FirstSeenShape
    | SequenceShape
)


def trigger_of(shape: TriggerShape) -> Trigger:
    """Return a trigger as the pipeline knows it."""
    match shape:
        case FrequencyShape():
            return Trigger(
                type=shape.type, count=shape.num_events, timeframe=shape.timeframe
            )
        case SpikeShape():
            return Trigger(
                type=shape.type,
                timeframe=shape.timeframe,
                false_alerts=shape.false_alerts,
            )
        case CardinalityShape():
            return Trigger(
                type=shape.type,
                count=shape.at_least,
                field=shape.field,
                timeframe=shape.timeframe,
            )
        case FirstSeenShape():
            return Trigger(type=shape.type, field=shape.of, timeframe=shape.within)
        case FlatlineShape():
            return Trigger(type=shape.type, timeframe=shape.timeframe)
        case SequenceShape():
            return Trigger(
                type=shape.type, after=shape.after, timeframe=shape.timeframe
            )
        case _:
            return Trigger()


Grade = Annotated[
    str,
    AfterValidator(_grade),
    WithJsonSchema({"type": "string", "pattern": "^[A-F][1-6]$"}),
]


class CorroborationShape(_Strict):
    """Hold the alert until so many independent sources report the story."""

    sources: _Count = Field(ge=2, le=20)
    within: _Span = timedelta(hours=6)
    grade: Grade = ""
    """The least Admiralty grade of the story; "" for any."""


class EscalateShape(_Strict):
    """Tell an alert at once, and anew, when its story's standing has risen so far."""

    sources: Annotated[int | None, _digits] = Field(default=None, ge=2, le=50)
    grade: Grade = ""

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if self.sources is None and not self.grade:
            raise documents.wrong(
                "it names no threshold", "write sources: 5, or grade: B2"
            )
        return self


class ExampleShape(_Strict):
    """An item as an example, where a title alone does not do."""

    title: str = ""
    summary: str = ""
    body: str = ""
    lang: str = ""
    source: str = ""
    country: str = ""
    published: Day = None
    """The day, where a rule asks for days."""
    url: str = ""
    author: str = ""
    tags: Texts = ()


def _example(value: Any) -> Any:
    if isinstance(value, str):
        return {"title": value}
    if isinstance(value, dict) and len(value) == 1:
        ((name, rest),) = value.items()
        fields = ExampleShape.model_fields
        misspelt = difflib.get_close_matches(name.lower(), fields, 1)
        if not misspelt and name not in fields and isinstance(rest, str | int):
            raise documents.wrong(
                "a headline with a colon is read as a field with a value",
                f'quote it: "{name}: {rest}"',
            )
    return value


_ONE: list[Any] = [{"type": "string"}, ExampleShape.model_json_schema()]
Examples = Annotated[
    tuple[Annotated[ExampleShape, BeforeValidator(_example)], ...],
    BeforeValidator(lambda value: [value] if isinstance(value, str | dict) else value),
    WithJsonSchema({"anyOf": [*_ONE, {"type": "array", "items": {"anyOf": _ONE}}]}),
]


class TestsShape(_Strict):
    """Examples that must match, and examples that must not."""

    hit: Examples = ()
    miss: Examples = ()


class RuleShape(_Strict):
    """One rule."""

    id: Identifier
    title: str = Field(min_length=1, max_length=200)
    enabled: StrictBool = True
    """`false` switches it off; its examples run all the same."""
    severity: Severity = Severity.MEDIUM
    tags: Texts = ()
    where: WhereShape = WhereShape()
    match: str
    trigger: Annotated[TriggerShape, Field(discriminator="type")] = EachShape(
        type="each"
    )
    corroboration: CorroborationShape | None = None
    updates: Updates = Updates.NONE
    escalate: EscalateShape | None = None
    resolve_after: _Time | None = None
    """How long a story must be quiet until its alert is closed; 0: never."""
    receivers: Texts = ()
    tests: TestsShape = TestsShape()


def _by_file(written: object) -> object:
    if not isinstance(written, dict):
        raise documents.wrong(
            "expected files, and the names to take from each",
            "such as imports: {places.yaml: [belarus]}",
        )
    return written


class PackShape(_Strict):
    """One file of rules on one theme."""

    version: Annotated[Literal[1], _digits]
    theme: Identifier
    enabled: StrictBool = True
    """`false` switches all its rules off; what others import from it stays."""
    imports: Annotated[dict[str, tuple[str, ...]], BeforeValidator(_by_file)] = {}
    """Names of definitions by the file that has them, its path from this file."""
    defs: dict[str, Any] = {}
    """Checked by hand: a query, a list of terms, or terms by language."""
    rules: tuple[RuleShape, ...] = Field(default=(), min_length=1)

    @model_validator(mode="after")
    def _holds_something(self) -> Self:
        if not self.rules and not self.defs:
            raise documents.wrong("the pack holds no rules", "write rules:, or defs:")
        return self
