"""Reads the configuration and the files it names; lists every problem at once."""

import difflib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_settings import SettingsError

from monitor import documents
from monitor.documents import Document
from monitor.errors import InputRefused, Problem
from monitor.model import Feed, Source
from monitor.send.links import SHORTEST_SECRET
from monitor.send.templates import Form
from monitor.settings.configuration import Configuration, find
from monitor.settings.environment import (
    CONFIG_VARIABLE,
    overriding,
    unknown_variables,
    variables,
)
from monitor.settings.forms import Forms
from monitor.settings.receivers import ReceiverSettings, SmtpSettings, WebhookSettings
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


_WANTED = {"telegram": "token", "pagerduty": "routing_key", "apprise": "url"}
"""What a service cannot do without."""
_Receivers = list[tuple[int, ReceiverSettings]]


class _Reader:
    """Collects problems; nothing stops at the first."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.folder = path.resolve().parent
        self.problems: list[Problem] = unknown_variables()
        self.document: Document | None = None

    def read(self) -> Reading:
        try:
            self.document = documents.read_file(self.path)
        except InputRefused as refused:
            return Reading(None, [*self.problems, *refused.problems])
        settings = self._settings(self.document)
        data = self.document.data if isinstance(self.document.data, dict) else {}
        rule_paths = tuple(self._paths("rules", _texts(settings, data, "rules")))
        sources = self._sources(_texts(settings, data, "sources"))
        feeds = self._feeds(_texts(settings, data, "feeds"), settings, sources)
        receivers = _receivers(settings, data)
        self._check_receivers(receivers)
        self._check_health([r.name for _, r in receivers], data)
        self._check_routes(_route(settings, data), [r.name for _, r in receivers], data)
        webhooks, passwords = self._receiver_secrets(receivers)
        services = self._service_secrets(receivers)
        forms = self._forms(receivers)
        made = None
        if settings is not None:
            made = Configuration(
                settings=settings,
                where=str(self.path),
                rule_paths=rule_paths,
                feeds=feeds,
                sources=tuple(sources.values()),
                store_url=self._store_url(settings),
                webhook_secrets=webhooks,
                smtp_passwords=passwords,
                service_secrets=services,
                webhook_forms=forms,
                server_token=self._token(settings),
                link_secret=self._link_secret(settings),
                folder=self.folder,
            )
        errors = any(p.severity == "error" for p in self.problems)
        return Reading(None if errors else made, self.problems, rule_paths)

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
            self.problems.append(Problem(where="environment", message=str(error)))
        except TypeError:
            self.problems.append(document.problem((), "keys must be plain words"))
        return None

    def _explained(self, error: ValidationError, document: Document) -> list[Problem]:
        """Place each finding in the file, or name the variable it came from."""
        set_here = variables()
        found = []
        for one in error.errors():
            variable = overriding(documents.dotted(tuple(one["loc"])), set_here)
            if variable:
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
            if path.exists():
                yield path
            else:
                self._at(
                    (key, index),
                    f"{name} does not exist",
                    mend=f"looked in {self.folder} and {Path.cwd()}",
                )

    def _files(self, key: str, named: list[str]) -> Iterator[Document]:
        for path in self._paths(key, named):
            files = [path] if path.is_file() else _yaml_files(path)
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

    def _store_url(self, settings: Settings) -> str:
        if settings.store.url_file:
            return self._secret_file(("store", "url_file"), settings.store.url_file)
        return settings.store.url

    def _token(self, settings: Settings) -> str:
        server = settings.server
        if server.token_file:
            return self._secret_file(("server", "token_file"), server.token_file)
        return server.token.get_secret_value() if server.token else ""

    def _link_secret(self, settings: Settings) -> str:
        server = settings.server
        if server.link_secret_file:
            place: documents.Location = ("server", "link_secret_file")
            found = self._secret_file(place, server.link_secret_file)
        else:
            place = ("server", "link_secret")
            found = server.link_secret.get_secret_value() if server.link_secret else ""
        if found and len(found) < SHORTEST_SECRET:
            message = f"the secret of links has {len(found)} characters"
            mend = f"at least {SHORTEST_SECRET}; make one with: tocsin webhook secret"
            self._at(place, message, mend=mend)
        if found and not server.public_url:
            message = "links need the address under which people reach this service"
            self._at(place, message, mend="add server.public_url")
        return found

    def _check_receivers(self, receivers: _Receivers) -> None:
        names: set[str] = set()
        for index, receiver in receivers:
            if receiver.name in names:
                message = f"the receiver {receiver.name!r} stands twice"
                self._at(("receivers", index, "name"), message, mend="rename one")
            names.add(receiver.name)
        for index, receiver in receivers:
            other = receiver.fallback
            if other is not None and (other not in names or other == receiver.name):
                message = f"no other receiver is called {other!r}"
                mend = f"one of {', '.join(sorted(names - {receiver.name}))}"
                self._at(("receivers", index, "fallback"), message, mend=mend)

    def _check_routes(
        self, route: RouteSettings | None, names: list[str], data: dict[str, Any]
    ) -> None:
        if route is None:
            if len(names) > 1 and "route" not in data:
                mend = "add route: {receiver: NAME}"
                self._at(("receivers",), "several receivers need a route", mend=mend)
            return
        if route.receiver is None:
            self._at(
                ("route",), "the first route needs a receiver", mend="add receiver:"
            )
        used = set(self._route_receivers(("route",), route, names))
        used |= set(_told_of_health(data))
        used |= {
            str(one.get("fallback"))
            for one in data.get("receivers") or ()
            if isinstance(one, dict)
        }
        for index, name in enumerate(names):
            if name not in used:
                self._at(
                    ("receivers", index, "name"),
                    f"no route leads to the receiver {name!r}",
                    mend="only rules that name it will reach it",
                    severity="warning",
                )

    def _check_intervals(self, place: documents.Location, route: RouteSettings) -> None:
        """Complain about intervals that a route names and nobody has defined."""
        data = self.document.data if self.document else None
        defined = data.get("time_intervals") if isinstance(data, dict) else None
        known = {
            one.get("name")
            for one in (defined if isinstance(defined, list) else ())
            if isinstance(one, dict)
        }
        for key in ("mute_time_intervals", "active_time_intervals"):
            for index, name in enumerate(getattr(route, key)):
                if name not in known:
                    message = f"no time interval is called {name!r}"
                    mend = "define it under time_intervals"
                    self._at((*place, key, index), message, mend=mend)

    def _check_health(self, names: list[str], data: dict[str, Any]) -> None:
        """Complain about receivers of health that do not exist."""
        for index, name in enumerate(_told_of_health(data)):
            if name not in (names or ["console"]):
                near = difflib.get_close_matches(name, names, n=1)
                mend = f"did you mean {near[0]}?" if near else "add it to receivers"
                message = f"no receiver is called {name!r}"
                self._at(("health", "receivers", index), message, mend=mend)

    def _route_receivers(
        self, place: documents.Location, route: RouteSettings, names: list[str]
    ) -> Iterator[str]:
        if route.receiver is not None:
            yield route.receiver
            if route.receiver not in (names or ["console"]):
                near = difflib.get_close_matches(route.receiver, names, n=1)
                mend = f"did you mean {near[0]}?" if near else "add it to receivers"
                message = f"no receiver is called {route.receiver!r}"
                self._at((*place, "receiver"), message, mend=mend)
        self._check_intervals(place, route)
        for index, child in enumerate(route.routes):
            yield from self._route_receivers((*place, "routes", index), child, names)

    def _receiver_secrets(
        self, receivers: _Receivers
    ) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
        webhooks: dict[str, tuple[str, ...]] = {}
        passwords: dict[str, str] = {}
        for index, receiver in receivers:
            place: documents.Location = ("receivers", index, receiver.channel)
            if receiver.webhook:
                webhooks[receiver.name] = self._webhook_secrets(place, receiver.webhook)
                for name in ("ca_file", "client_cert_file", "client_key_file"):
                    file = getattr(receiver.webhook, name)
                    self._readable((*place, name), file)
            if receiver.email:
                smtp = receiver.email.smtp
                passwords[receiver.name] = self._password((*place, "smtp"), smtp)
                self._readable((*place, "smtp", "ca_file"), smtp.ca_file)
        return webhooks, passwords

    def _service_secrets(self, receivers: _Receivers) -> dict[str, str]:
        """Return each service's secret: its address, token or routing key."""
        found: dict[str, str] = {}
        for index, receiver in receivers:
            place: documents.Location = ("receivers", index, receiver.channel)
            if receiver.channel in {"webhook", "email", "file", "console"}:
                continue
            settings = getattr(receiver, receiver.channel)
            for name in ("url", "token", "routing_key", "password"):
                if secret := self._service_secret(place, settings, name):
                    found[receiver.name] = secret
            for name in ("ca_file", "credentials_file"):
                self._readable((*place, name), getattr(settings, name, None))
            wanted = _WANTED.get(receiver.channel)
            if wanted and not found.get(receiver.name):
                mend = f"write {wanted} or {wanted}_file"
                self._at(place, f"its {wanted} is missing", mend=mend)
        return found

    def _service_secret(
        self, place: documents.Location, settings: BaseModel, name: str
    ) -> str:
        """Return one secret, out of a field or a file; several as lines."""
        given = getattr(settings, name, None)
        file = getattr(settings, f"{name}_file", None)
        if file:
            return self._secret_file((*place, f"{name}_file"), file)
        many = given if isinstance(given, tuple) else (given,)
        found = (one.get_secret_value() for one in many if isinstance(one, SecretStr))
        return "\n".join(found)

    def _forms(self, receivers: _Receivers) -> dict[str, Form]:
        if self.document is None:
            return {}
        forms = Forms(self.document, self.folder, self.problems)
        return {
            receiver.name: forms.of(("receivers", index, "webhook"), receiver.webhook)
            for index, receiver in receivers
            if receiver.webhook
        }

    def _webhook_secrets(
        self, place: documents.Location, webhook: WebhookSettings
    ) -> tuple[str, ...]:
        given = webhook.secret
        many = given if isinstance(given, tuple) else (given,)
        secrets = [part for s in many for part in s.get_secret_value().split()]
        if webhook.secret_file:
            secrets += self._secret_file(
                (*place, "secret_file"), webhook.secret_file
            ).split()
        elif not secrets:
            mend = "set secret_file to a file made by: tocsin webhook secret"
            message = "this webhook is not signed: its receiver cannot trust it"
            self._at(place, message, mend=mend, severity="warning")
        return tuple(secrets)

    def _password(self, place: documents.Location, smtp: SmtpSettings) -> str:
        if smtp.password_file:
            return self._secret_file((*place, "password_file"), smtp.password_file)
        if smtp.password:
            return smtp.password.get_secret_value()
        if smtp.username:
            mend = "set password_file, or leave username out"
            self._at(place, "a username without a password", mend=mend)
        return ""

    def _secret_file(self, place: documents.Location, name: str) -> str:
        path = find(name, self.folder)
        try:
            text = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            said = getattr(error, "strerror", None) or "it is not text"
            message = f"the secret file {path} cannot be read: {said}"
            self._at(place, message, mend="check the path and its rights")
            return ""
        if not text:
            self._at(place, f"the secret file {path} is empty", mend="write it again")
        return text

    def _readable(self, place: documents.Location, name: str | None) -> None:
        if name and not os.access(find(name, self.folder), os.R_OK):
            message = f"{name} cannot be read"
            self._at(place, message, mend="check the path and its rights")


def _receivers(settings: Settings | None, data: dict[str, Any]) -> _Receivers:
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


def _yaml_files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.suffix in {".yaml", ".yml"})


def _told_of_health(data: dict[str, Any]) -> list[str]:
    """Return who is told of sources, as far as it is written as it should be."""
    health = data.get("health")
    told = health.get("receivers") if isinstance(health, dict) else None
    return [n for n in told if isinstance(n, str)] if isinstance(told, list) else []
