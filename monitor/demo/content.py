"""The demo's outlets and items, read from the package and checked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from importlib import resources
from typing import Annotated, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from monitor import documents
from monitor.documents import Document
from monitor.errors import InputRefused, Problem
from monitor.model import Source

BEGIN = datetime(2020, 7, 29, tzinfo=UTC)
"""No item is published before."""
END = datetime(2020, 8, 15, tzinfo=UTC)
"""All items are published before."""


class Kind(StrEnum):
    """What an item is to the others about its event."""

    ORIGINAL = "original"
    SYNDICATED = "syndicated"
    """Another item's text to the letter, under another address."""
    REWRITE = "rewrite"
    """The same report in other words of the same language."""
    CORRECTION = "correction"
    UPDATE = "update"
    """An item published again with new text under the same guid."""
    DECOY = "decoy"
    """Resembles a theme and belongs to none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """An invented outlet and the one feed that it publishes."""

    key: str
    name: str
    domain: str
    path: str
    """Of its feed, from the root; the server puts `/key` before it."""
    format: str
    """`rss` (2.0), `atom` or `rdf` (RSS 1.0)."""
    encoding: str = "utf-8"
    country: str
    langs: tuple[str, ...]
    owner: str = ""
    grade: str = "F"
    state: bool = False
    says_lang: bool = True
    """Whether the feed states its language."""
    tracking: str = ""
    """A query that the outlet hangs on its links."""
    mishap: str = ""
    """`busy`: answers 503 now and then; `moved`: its listed address redirects."""

    def source(self) -> Source:
        """Return it as Tocsin knows outlets."""
        return Source(
            name=self.name,
            country=self.country,
            langs=self.langs,
            owner=self.owner,
            grade=self.grade,
            state=self.state,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoItem:
    """One text at one moment; an update is an item of its own with an old guid."""

    id: str
    outlet: str
    """The outlet's key."""
    published: datetime
    title: str
    summary: str
    lang: str
    kind: Kind
    theme: str
    """`wagner`, `belarus-election`, `russia-energy`; "" for a decoy."""
    event: str
    """What happened, in a word; reports of one event share it."""
    copy_of: str = ""
    replaces: str = ""
    guid: str
    url: str
    """Without the outlet's tracking query."""


def load() -> tuple[tuple[Outlet, ...], tuple[DemoItem, ...]]:
    """Return the outlets and the items, these by time.

    Raises InputRefused with every problem found in the files.
    """
    home = resources.files("monitor.demo")
    listed = _read(_OutletsFile, home.joinpath("outlets.yaml").read_text("utf-8"))
    outlets = tuple(Outlet(**entry.model_dump()) for entry in listed.outlets)
    files = sorted(home.joinpath("items").iterdir(), key=lambda file: file.name)
    written: list[_Written] = []
    for file in files:
        document = documents.read_text(file.read_text("utf-8"), file.name)
        entries = documents.validate(_ItemsFile, document)
        written += [
            _Written(document, index, entries.theme, entry)
            for index, entry in enumerate(entries.items)
        ]
    return outlets, tuple(_resolved(written, outlets))


# ── the files ────────────────────────────────────────────────────────────────


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


_Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]


class _OutletEntry(_Strict):
    key: _Key
    name: str
    domain: str = Field(pattern=r"^[a-z0-9.-]+\.example$")
    path: str = Field(pattern=r"^/")
    format: Literal["rss", "atom", "rdf"]
    encoding: Literal["utf-8", "windows-1251"] = "utf-8"
    country: str = Field(pattern=r"^[A-Z]{2}$")
    langs: tuple[str, ...] = Field(min_length=1)
    owner: str = ""
    grade: Literal["A", "B", "C", "D", "E", "F"] = "F"
    state: bool = False
    says_lang: bool = True
    tracking: str = ""
    mishap: Literal["", "busy", "moved"] = ""


class _OutletsFile(_Strict):
    outlets: tuple[_OutletEntry, ...]


class _ItemEntry(_Strict):
    id: _Key
    outlet: str
    published: AwareDatetime
    lang: str
    kind: Kind
    event: str
    title: str = ""
    summary: str = ""
    copy_of: str = ""
    replaces: str = ""


class _ItemsFile(_Strict):
    theme: Literal["", "wagner", "belarus-election", "russia-energy"]
    items: tuple[_ItemEntry, ...]


_Model = TypeVar("_Model", bound=BaseModel)


def _read(model: type[_Model], text: str) -> _Model:
    return documents.validate(model, documents.read_text(text, "outlets.yaml"))


@dataclass(frozen=True, slots=True)
class _Written:
    """An item as its file has it, and where."""

    document: Document
    index: int
    theme: str
    entry: _ItemEntry

    def problem(self, field: str, message: str) -> Problem:
        return self.document.problem(("items", self.index, field), message)


def _resolved(written: Sequence[_Written], outlets: Sequence[Outlet]) -> list[DemoItem]:
    """Follow copies and replacements; raise InputRefused with all that is wrong."""
    by_id: dict[str, _Written] = {}
    by_key = {outlet.key: outlet for outlet in outlets}
    problems: list[Problem] = []
    for one in written:
        if one.entry.id in by_id:
            problems.append(one.problem("id", f"{one.entry.id!r} stands twice"))
        by_id[one.entry.id] = one
    for one in written:
        problems += _problems(one, by_id, by_key)
    if problems:
        raise InputRefused(problems)
    items = [_item(one.entry, one.theme, by_id, by_key) for one in written]
    return sorted(items, key=lambda item: (item.published, item.id))


def _problems(
    one: _Written, by_id: dict[str, _Written], by_key: dict[str, Outlet]
) -> Iterator[Problem]:
    entry = one.entry
    outlet = by_key.get(entry.outlet)
    if outlet is None:
        yield one.problem("outlet", f"no outlet has the key {entry.outlet!r}")
    elif entry.lang not in outlet.langs:
        yield one.problem("lang", f"{outlet.name} does not publish in {entry.lang!r}")
    if (entry.kind is Kind.SYNDICATED) != bool(entry.copy_of):
        yield one.problem("kind", "a syndicated item, and no other, has copy_of")
    if bool(entry.copy_of) == bool(entry.title):
        yield one.problem("title", "an item has a title, or copy_of")
    for field in ("copy_of", "replaces"):
        name = getattr(entry, field)
        earlier = by_id.get(name)
        if name and (earlier is None or earlier.entry.published >= entry.published):
            yield one.problem(field, f"no earlier item has the id {name!r}")
    if not BEGIN <= entry.published < END:
        yield one.problem("published", f"it is not from {BEGIN:%d %B} on, to 14 August")


def _item(
    entry: _ItemEntry,
    theme: str,
    by_id: dict[str, _Written],
    by_key: dict[str, Outlet],
) -> DemoItem:
    text = by_id[entry.copy_of].entry if entry.copy_of else entry
    first = by_id[entry.replaces].entry if entry.replaces else entry
    outlet = by_key[entry.outlet]
    url = f"https://{outlet.domain}/{first.published:%Y/%m/%d}/{first.id}"
    tag = f"tag:{outlet.domain},2020:{first.id}"
    return DemoItem(
        id=entry.id,
        outlet=entry.outlet,
        published=entry.published.astimezone(UTC),
        title=text.title,
        summary=text.summary,
        lang=entry.lang,
        kind=entry.kind,
        theme=theme,
        event=entry.event,
        copy_of=entry.copy_of,
        replaces=entry.replaces,
        guid=tag if outlet.format == "atom" else url,
        url=url,
    )
