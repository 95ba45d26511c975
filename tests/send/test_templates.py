"""Templates of the operator's: what they may do, and how much of it."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import MessageProblem
from monitor.send import messages, sample
from monitor.send.templates import (
    Form,
    Template,
    Wrong,
    checks,
    header_problem,
    header_value,
)
from tests.send.examples import HOSTILE, NOW, hostile_notice, notice

VALUES: Mapping[str, Any] = messages.values_of_notice(notice(), "dlv_1")


def shown(source: str, **more: Any) -> str:
    return Template(source, "text").render({**VALUES, **more})


def fault(source: str, **more: Any) -> Wrong:
    with pytest.raises(Wrong) as found:
        shown(source, **more)
    return found.value


def test_a_template_sees_the_message_as_it_is_documented() -> None:
    source = (
        "{{ type }} {{ data.rule.severity | upper }} {{ data.items[1].source }} "
        "{% for item in data.items %}{{ loop.index }}={{ item.lang }};{% endfor %} "
        "{{ data.rule.tags | join(', ') }} {{ data.items | length }}"
    )
    assert shown(source) == "alert.matched HIGH Озеро 1=en;2=ru; belarus, pmc 2"


def test_the_same_for_people_is_there_too() -> None:
    assert shown("{{ subject }}").startswith("[HIGH] Thirty-two detained near")
    assert "River Post" in shown("{{ text }}")


def test_macros_namespaces_and_filters_work() -> None:
    source = (
        "{% macro tag(t) %}#{{ t }}{% endmacro %}"
        "{% set ns = namespace(n=0) %}"
        "{% for t in data.rule.tags %}{% set ns.n = ns.n + 1 %}{{ tag(t) }} {% endfor %}"
        "{{ ns.n }} {{ data.nothing | default('-') }} "
        "{{ data.items | where('lang', 'ru') | attributes('source') | first }}"
    )
    assert shown(source) == "#belarus #pmc 2 - Озеро"


def test_a_key_goes_before_a_method_of_the_same_name() -> None:
    assert shown("{{ data.items | length }}") == "2"
    assert shown("{{ data.rule.keys }}{{ data['items'] | length }}") == "2"
    assert shown("{{ data.rule.get('id') }}") == "detained-fighters"
    assert shown("{% for k, v in data.rule.items() %}{{ k }} {% endfor %}") != ""


@pytest.mark.parametrize(
    ("source", "empty"),
    [
        ("{{ data.items | attributes('url') | tojson }}", "[]"),
        ("{{ data.items | length }}{{ data.values | join(', ') }}", "0"),
        ("{% for item in data.items %}{{ item.url }}{% endfor %}", ""),
        ("{{ data.items[0].url }}{{ data.rule.tags | first }}", ""),
    ],
)
def test_a_list_that_a_message_does_not_have_is_empty(source: str, empty: str) -> None:
    ping = messages.values_of_ping("desk", "dlv_1", NOW)
    digest = messages.values_of_bundle(sample.sample_bundle(), "dlv_1")
    assert Template(source, "text").render(ping) == empty
    assert Template(source, "text").render(digest) == empty


@pytest.mark.parametrize("text", [HOSTILE, '"', "\\", '","evil":"', "\n", "{{ 1 }}"])
def test_in_json_a_text_cannot_end_the_string_that_it_stands_in(text: str) -> None:
    source = (
        '{"a": "{{ t }}", "b": {{ t | tojson }}, "c": "{{ t | upper }}", '
        '{% macro m(x) %}<{{ x }}>{% endmacro %}"d": "{{ m(t) }}"}'
    )
    made = json.loads(Template(source, "json").render({"t": text}))
    assert set(made) == {"a", "b", "c", "d"}
    assert made["a"] == made["b"] == text
    assert made["d"] == f"<{text}>"


def test_in_html_a_text_cannot_begin_a_tag() -> None:
    made = Template("<b>{{ t }}</b>{{ t | tojson }}", "markup").render({"t": HOSTILE})
    assert "<script" not in made
    assert made.startswith("<b>&lt;script&gt;")


BIG = "{% set n = namespace(t='xx', l=[1], m=[1], i=2) %}{% for i in range(40) %}"
END = "{% endfor %}"
NESTED = (
    "{% set n = namespace(l=1) %}{% for i in range(40) %}"
    "{% set n.l = (n.l, n.l) %}{% endfor %}"
)
TREE = (
    "{% macro f(n) %}{% if n < 300 %}{{ f(n + 1) ~ f(n + 1) }}{% endif %}{% endmacro %}"
    "{{ f(0) }}"
)


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'x' * 300000000 }}",
        "{{ 'x' | center(300000000) }}",
        "{{ '%300000000d' % 1 }}",
        "{{ '{:300000000}'.format(1) }}",
        "{{ 'x'.ljust(300000000) }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ range(300000000) | list }}",
        "{% for a in range(1000) %}{% for b in range(1000) %}{% endfor %}{% endfor %}",
        "{% for a in range(1000) %}{{ 'x' * 1000 }}{% endfor %}",
        "{% for a in range(999) %}" + "x" * 9000 + "{% endfor %}",
        BIG + "{% set n.t = n.t ~ n.t %}" + END,
        BIG + "{% set n.t = n.t + n.t %}" + END,
        BIG + "{% set n.t %}{{ n.t }}{{ n.t }}{% endset %}" + END,
        BIG + "{% set n.t = n.t | replace('x', 'xx') %}" + END,
        BIG + "{% set n.l = n.l + n.l %}" + END,
        BIG + "{% set n.l = [n.l, n.l] %}" + END + "{{ n.l | tojson }}",
        BIG
        + "{% set n.l = [n.l, n.l] %}{% set n.m = [n.m, n.m] %}"
        + END
        + "{{ n.l == n.m }}",
        NESTED + "{{ {n.l: 1} | length }}",
        NESTED + "{{ data.get(n.l) }}",
        NESTED + "{{ data[n.l] }}",
        NESTED + "{{ [data] | attributes(n.l) | length }}",
        NESTED + "{{ [data] | where(n.l, 1) | length }}",
        "{% for k in range(2) %}" + NESTED + "{{ loop.changed(n.l) }}" + END,
        BIG + "{% set n.i = n.i * n.i %}" + END,
        "{% macro f(n) %}{{ f(n + 1) }}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}",
        TREE,
        "{{ text | list | join(text) | replace('x', text) }}",
    ],
)
def test_no_template_can_do_more_than_it_is_allowed(source: str) -> None:
    try:
        made = shown(source)
    except Wrong:
        return
    assert len(made) <= 65_536


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ data.__class__ }}",
        "{{ data['__class__'] }}",
        "{{ range.__globals__ }}",
        "{{ namespace.__init__.__globals__ }}",
        "{{ self._TemplateReference__context }}",
        "{{ loop }}",
        "{% for a in [1] %}{{ loop.__init__.__globals__ }}{% endfor %}",
        "{{ data | attr('__class__') }}",
        "{{ lipsum() }}",
        "{{ cycler('a') }}",
        "{{ joiner() }}",
        "{{ dict(a=1) }}",
        "{{ 'x' | format }}",
        "{{ data.items.append(1) }}",
        "{{ data.rule.pop('id') }}",
        "{{ data.update({}) }}",
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{% extends 'x' %}",
        "{% filter upper %}x{% endfilter %}",
        "{% autoescape true %}x{% endautoescape %}",
    ],
)
def test_what_is_not_offered_shows_nothing(source: str) -> None:
    with suppress(Wrong):
        assert shown(source).strip() == ""


def test_a_render_does_not_change_what_the_next_one_sees() -> None:
    shown("{% set data = 1 %}{% set type = 2 %}")
    assert shown("{{ type }}") == "alert.matched"


def test_a_fault_has_its_line() -> None:
    assert fault("a\nb\n{{ 'x' * 9 }}").line == 3
    with pytest.raises(Wrong) as found:
        Template("a\n{{ x", "text")
    assert found.value.line == 2
    with pytest.raises(Wrong) as found:
        Template("a\n\n{{ x | nofilter }}", "text")
    assert found.value.line == 3


def test_a_template_that_is_too_long_or_too_deep_is_refused() -> None:
    with pytest.raises(Wrong, match="at most"):
        Template("x" * 40_000, "text")
    with pytest.raises(Wrong):
        Template("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", "text")


def test_a_misspelt_name_is_found_when_the_template_is_checked() -> None:
    template = Template("{{ data.rule.titel }}", "text")
    (wrong,) = checks(template, {"alert": VALUES})
    assert "titel" in str(wrong)
    assert template.render(VALUES) == ""


def test_what_is_no_json_is_found_when_the_template_is_checked() -> None:
    template = Template('{"a": {{ data.rule.title }}}', "json")
    (wrong,) = checks(template, {"alert": VALUES})
    assert "no JSON" in str(wrong)
    form = Form(body=template)
    with pytest.raises(MessageProblem, match="no JSON"):
        form.make_body(VALUES)


def test_a_list_is_not_shown_by_accident() -> None:
    assert "tojson" in str(fault("{{ data.items }}"))


@given(st.text(max_size=300))
def test_a_header_is_one_line_of_ascii(text: str) -> None:
    form = Form(headers={"X-Title": Template("{{ t }}", "text")})
    ((name, value),) = form.make_headers({"t": text})
    assert name == "X-Title"
    assert value.isascii()
    assert value.isprintable()
    assert value == header_value(text)


@pytest.mark.parametrize(
    "name",
    [
        *("webhook-signature", "Webhook-Id", "WEBHOOK-TIMESTAMP", "Content-Length"),
        *("Host", "transfer-encoding", "Connection", "content-type", "idempotency-key"),
        *("X-Tocsin-Attempt", "a b", "a:b", "a\r\nb", "", "ü", "x" * 101),
    ],
)
def test_headers_that_are_not_the_operator_s_are_refused(name: str) -> None:
    assert header_problem(name, "x")


def test_a_secret_header_is_no_template_since_it_would_be_stored() -> None:
    assert header_problem("Authorization", "Bearer {{ data.alert_id }}")
    assert not header_problem("Authorization", "Bearer x")
    assert not header_problem("X-Theme", "{{ data.rule.theme }}")


PIECES = st.sampled_from(
    [
        *(
            "{{",
            "}}",
            "{%",
            "%}",
            "for",
            "in",
            "if",
            "endif",
            "endfor",
            "data",
            ".",
            "(",
        ),
        *(")", "[", "]", "'x'", "*", "~", "|", "tojson", "range", "9", "set", "=", " "),
        *(
            "macro",
            "endmacro",
            "m",
            ",",
            "items",
            "+",
            "text",
            "join",
            "\n",
            "#}",
            "{#",
        ),
    ]
)


@given(st.lists(PIECES, max_size=60).map(" ".join))
@settings(max_examples=300)
def test_no_source_whatever_breaks_out_of_a_fault(source: str) -> None:
    try:
        made = Template(source, "json").render(VALUES)
    except Wrong:
        return
    assert len(made.encode()) <= 65_536


def test_the_sample_leaves_nothing_of_the_payload_empty() -> None:
    event = messages.values_of_notice(
        sample.sample_notice(), sample.DELIVERY, sample.SILENCE
    )

    def empty(value: Any, path: str) -> list[str]:
        if isinstance(value, dict):
            return [p for k, v in value.items() for p in empty(v, f"{path}.{k}")]
        if isinstance(value, list):
            found = [p for v in value for p in empty(v, path)]
            return found if value else [path]
        return [path] if value in ("", None) else []

    assert empty(event, "") == []


def test_a_hostile_message_passes_through_a_template_as_text() -> None:
    values = messages.values_of_notice(hostile_notice(), "dlv_1")
    template = Template('{"t": "{{ data.story.title }}\\n{{ text }}"}', "json")
    made = json.loads(template.render(values))
    assert "<script>alert(1)</script>" in made["t"]
    assert "\x1b" not in made["t"]


def test_a_form_without_templates_changes_nothing() -> None:
    assert Form().make_headers({}) == ()
    with pytest.raises(TypeError):
        Form().make_body({})
    assert replace(Form(), content_type="text/plain").body is None
