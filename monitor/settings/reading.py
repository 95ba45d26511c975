"""Reads the configuration and the files it names; lists every problem at once."""

import difflib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError
from pydantic_settings import SettingsError

from monitor import documents
from monitor.documents import Document
from monitor.errors import InputRefused, Problem
from monitor.model import Feed, Source
from monitor.send.templates import Form
from monitor.settings.configuration import Configuration, find, is_there
from monitor.settings.environment import (
    CONFIG_VARIABLE,
    at_its_variable,
    no_json,
    overriding,
    set_by_parts,
    unknown_variables,
    variables,
)
from monitor.settings.forms import Forms
from monitor.settings.leads import Leads, in_force
from monitor.settings.receivers import ReceiverSettings
from monitor.settings.secrets import Receivers, Secrets
from monitor.settings.shape import (
    CollectSettings,
    FeedEntry,
    FeedsFile,
    RouteSettings,
    Settings,
    SourcesFile,
)

_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(slots=True)
class Reading:
    """The outcome of reading a configuration: it, or all that is wrong."""

    configuration: Configuration | None
    problems: list[Problem] = field(default_factory=list)
    rule_paths: tuple[Path, ...] = ()
    """Also set when the configuration is refused, so that rules are checked too."""
    document: Document | None = None

    def problem(
        self, location: documents.Location, message: str, *, mend: str
    ) -> Problem:
        """Return a problem at a field that is set, in the file or by a variable."""
        if self.document is None:
            return Problem(
                where="", field=documents.dotted(location), message=message, mend=mend
            )
        found = self.document.problem(location, message, mend=mend)
        return at_its_variable(found, found.where)


def chosen_file(option: Path | None) -> Path | None:
    """Return the configuration file to read: an option, a variable, or a usual place."""
    named = os.environ.get(CONFIG_VARIABLE)  # noqa: TID251 - settings are read here
    if option or named:
        return option or Path(str(named))
    usual = ("tocsin.yaml", "config/tocsin.yaml", "/etc/tocsin/tocsin.yaml")
    return next((Path(p) for p in usual if Path(p).is_file()), None)


def read(path: Path) -> Reading:
    """Read the configuration at `path`, the files it names, and the environment."""
    return _Reader(path).read()


class _Reader:
    """Collects problems; nothing stops at the first."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.folder = path.resolve().parent
        self.problems: list[Problem] = unknown_variables()
        self.document: Document | None = None

    def read(self) -> Reading:
        try:
            document = self.document = documents.read_file(self.path)
        except InputRefused as refused:
            return Reading(None, [*self.problems, *refused.problems])
        documents.hide_secrets(Settings, document)
        settings = self._settings(document)
        data = document.data if isinstance(document.data, dict) else {}
        rule_paths = tuple(self._paths("rules", _texts(settings, data, "rules")))
        sources = self._sources(_texts(settings, data, "sources"))
        feeds = self._feeds(_texts(settings, data, "feeds"), settings, sources)
        receivers = _receivers(settings, data)
        leads = Leads(document, self.problems)
        leads.check(receivers, _route(settings, data), in_force(settings, data))
        secrets = Secrets(document, self.folder, self.problems)
        webhooks, passwords = secrets.of_receivers(receivers)
        services = secrets.of_services(receivers)
        forms = self._forms(document, receivers)
        made = None
        if settings is not None:
            made = Configuration(
                settings=settings,
                where=str(self.path),
                rule_paths=rule_paths,
                feeds=feeds,
                sources=tuple(sources.values()),
                store_url=secrets.store_url(settings),
                webhook_secrets=webhooks,
                smtp_passwords=passwords,
                service_secrets=services,
                webhook_forms=forms,
                server_token=secrets.token(settings),
                link_secret=secrets.links(settings),
                folder=self.folder,
            )
        problems = [at_its_variable(p, document.where) for p in self.problems]
        errors = any(p.severity == "error" for p in problems)
        return Reading(None if errors else made, problems, rule_paths, document)

    def _settings(self, document: Document) -> Settings | None:
        data = {} if document.data is None else document.data
        if not isinstance(data, dict):
            self.problems.append(
                document.problem(
                    (), "the file holds no settings", mend="write key: value"
                )
            )
            return None
        try:
            return Settings(**data)
        except ValidationError as error:
            self.problems += self._explained(error, document)
        except SettingsError as error:
            self.problems.append(no_json(str(error)))
        except TypeError:
            self.problems.append(document.problem((), "keys must be plain words"))
        return None

    def _explained(self, error: ValidationError, document: Document) -> list[Problem]:
        """Place each finding in the file, or name the variable it came from."""
        set_here = variables()
        found = []
        for one in documents.findings(error, document.data):
            dotted = documents.dotted(tuple(one["loc"]))
            variable = overriding(dotted, set_here)
            if by_parts := set_by_parts(dotted):
                found.append(by_parts)
            elif variable:
                message, mend = documents.explain_error(Settings, one)
                found.append(
                    Problem(
                        where="environment", field=variable, message=message, mend=mend
                    )
                )
            else:
                found.append(documents.model_problem(Settings, one, document))
        return found

    def _at(self, location: documents.Location, message: str, **more: str) -> None:
        if self.document is not None:
            self.problems.append(self.document.problem(location, message, **more))

    def _paths(self, key: str, named: list[str]) -> Iterator[Path]:
        """Yield the files and folders of a list that exist; report the others."""
        for index, name in enumerate(named):
            path = find(name, self.folder)
            if is_there(path):
                yield path
            else:
                looked = dict.fromkeys((str(self.folder.resolve()), str(Path.cwd())))
                self._at(
                    (key, index),
                    f"{name} does not exist",
                    mend=f"looked in {' and '.join(looked)}",
                )

    def _files(self, key: str, named: list[str]) -> Iterator[Document]:
        for path in self._paths(key, named):
            files = [path] if path.is_file() else documents.files_in(path)
            for file in files:
                try:
                    yield documents.read_file(file)
                except InputRefused as refused:
                    self.problems += refused.problems

    def _sources(self, named: list[str]) -> dict[str, Source]:
        found: dict[str, Source] = {}
        for document in self._files("sources", named):
            entries = self._validated(SourcesFile, document)
            for index, entry in enumerate(entries.sources if entries else ()):
                if entry.name in found:
                    self.problems.append(
                        document.problem(
                            ("sources", index, "name"),
                            f"the outlet {entry.name!r} stands twice",
                            mend="keep one",
                        )
                    )
                found[entry.name] = Source(**entry.model_dump())
        return found

    def _feeds(
        self, named: list[str], settings: Settings | None, sources: dict[str, Source]
    ) -> tuple[Feed, ...]:
        found: dict[str, Feed] = {}
        collect = settings.collect if settings else CollectSettings()
        for document in self._files("feeds", named):
            entries = self._validated(FeedsFile, document)
            for index, entry in enumerate(entries.feeds if entries else ()):
                location = ("feeds", index)
                if entry.url in found:
                    self.problems.append(
                        document.problem(
                            (*location, "url"),
                            f"the feed {entry.url} stands twice",
                            mend="keep one",
                        )
                    )
                if entry.source and sources and entry.source not in sources:
                    near = difflib.get_close_matches(entry.source, sources, n=1)
                    self.problems.append(
                        document.problem(
                            (*location, "source"),
                            f"no outlet is called {entry.source!r}",
                            mend=f"did you mean {near[0]}?"
                            if near
                            else "add it to the sources",
                            severity="warning",
                        )
                    )
                found[entry.url] = _feed(entry, collect)
        return tuple(found.values())

    def _validated(self, model: type[Any], document: Document) -> Any:
        try:
            return documents.validate(model, document)
        except InputRefused as refused:
            self.problems += refused.problems
            return None

    def _forms(self, document: Document, receivers: Receivers) -> dict[str, Form]:
        forms = Forms(document, self.folder, self.problems)
        return {
            receiver.name: forms.of(("receivers", index, "webhook"), receiver.webhook)
            for index, receiver in receivers
            if receiver.webhook
        }


def _receivers(settings: Settings | None, data: dict[str, Any]) -> Receivers:
    """Return the receivers that are valid by themselves, with their places."""
    if settings is not None:
        return list(enumerate(settings.receivers))
    raw = data.get("receivers")
    found = [
        (index, _lenient(ReceiverSettings, one))
        for index, one in enumerate(raw if isinstance(raw, list) else [])
    ]
    return [(index, receiver) for index, receiver in found if receiver is not None]


def _route(settings: Settings | None, data: dict[str, Any]) -> RouteSettings | None:
    if settings is not None:
        return settings.route
    return _lenient(RouteSettings, data.get("route"))


def _lenient(model: type[_Model], raw: Any) -> _Model | None:
    """Validate a part of a configuration whose problems are already reported."""
    try:
        return model.model_validate(raw)
    except ValidationError:
        return None


def _feed(entry: FeedEntry, collect: CollectSettings) -> Feed:
    return Feed(
        url=entry.url,
        name=entry.name,
        source=entry.source or urlsplit(entry.url).hostname or "",
        lang=entry.lang,
        every=entry.every or collect.every,
        backfill=collect.backfill if entry.backfill is None else entry.backfill,
    )


def _texts(settings: Settings | None, data: dict[str, Any], key: str) -> list[str]:
    """Return a list of paths, also out of a configuration that was refused."""
    found = getattr(settings, key) if settings is not None else data.get(key)
    known = found if isinstance(found, list | tuple) else []
    return [one for one in known if isinstance(one, str)]
