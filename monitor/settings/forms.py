"""The templates of webhooks: read, compiled, and tried on an invented message."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monitor import documents
from monitor.documents import Document, Location
from monitor.errors import InputRefused, Problem
from monitor.model import Remark
from monitor.send import sample, templates
from monitor.send.messages import (
    values_of_bundle,
    values_of_notice,
    values_of_ping,
    values_of_remark,
)
from monitor.send.templates import Form, Template, Wrong, is_template
from monitor.settings.configuration import find
from monitor.settings.receivers import WebhookSettings

if TYPE_CHECKING:
    from monitor.send.sandbox import Mode

_MEND = "see docs/webhook.md, “A body of your own”"


def examples() -> dict[str, Mapping[str, Any]]:
    """Return what a template is tried on: an alert, a digest, a test and a remark."""
    remark = Remark(
        kind="source.failing", title="A feed cannot be read", text="It answers 404."
    )
    return {
        "alert": values_of_notice(
            sample.sample_notice(), sample.DELIVERY, sample.SILENCE
        ),
        "digest": values_of_bundle(sample.sample_bundle(), sample.DELIVERY),
        "test": values_of_ping("desk", sample.DELIVERY, sample.AT),
        "remark": values_of_remark(remark, sample.DELIVERY, sample.AT),
    }


@dataclass(slots=True)
class Forms:
    """Makes the forms of webhooks; collects what is wrong with their templates."""

    document: Document
    folder: Path
    problems: list[Problem]

    def of(self, place: Location, webhook: WebhookSettings) -> Form:
        """Return a webhook's form; what is wrong stands in `problems`."""
        mode = templates.mode_of(webhook.content_type or "application/json")
        body = None
        if webhook.body_file:
            body = self._from_file((*place, "body_file"), webhook.body_file, mode)
        elif webhook.body is not None:
            body = self._template((*place, "body"), webhook.body, mode)
        headers: dict[str, Template] = {}
        fixed: dict[str, str] = {}
        for name, secret in webhook.headers.items():
            where: Location = (*place, "headers", name)
            value = secret.get_secret_value()
            if told := templates.header_problem(name, value):
                mend = "remove it, or choose another name"
                self.problems.append(self.document.problem(where, told, mend=mend))
            elif not is_template(value):
                fixed[name] = templates.fixed_value(value)
            elif made := self._template(where, value, "text"):
                headers[name] = made
        return Form(
            content_type=webhook.content_type or "application/json",
            body=body,
            headers=headers,
            fixed=fixed,
        )

    def _template(self, place: Location, source: str, mode: "Mode") -> Template | None:
        try:
            template = Template(source, mode)
        except Wrong as wrong:
            self._at(place, source, wrong)
            return None
        for found in templates.checks(template, examples()):
            self._at(place, source, found)
        return template

    def _from_file(self, place: Location, name: str, mode: "Mode") -> Template | None:
        path = find(name, self.folder)
        try:
            source = documents.read_whole(path)
        except InputRefused as refused:
            self.problems += refused.problems
            return None
        try:
            template = Template(source, mode)
        except Wrong as wrong:
            self.problems.append(self._in_file(path, place, wrong))
            return None
        self.problems += [
            self._in_file(path, place, found)
            for found in templates.checks(template, examples())
        ]
        return template

    def _in_file(self, path: Path, place: Location, wrong: Wrong) -> Problem:
        return Problem(
            where=str(path),
            line=wrong.line,
            field=documents.dotted(place),
            message=str(wrong),
            mend=_MEND,
        )

    def _at(self, place: Location, source: str, wrong: Wrong) -> None:
        lines = source.splitlines(keepends=True)
        before = sum(map(len, lines[: max(0, wrong.line - 1)]))
        # The place is where the line's first letter stands.
        rest = source[before:]
        before += len(rest) - len(rest.lstrip())
        self.problems.append(
            self.document.problem_within(place, before, str(wrong), mend=_MEND)
        )
