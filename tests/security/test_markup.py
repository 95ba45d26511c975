"""What strangers write never becomes markup: no link, no mention, no tag of theirs.

Each channel's message is read as the service reads it, and every link in it has to be
one that we put there.
"""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from monitor.model import Notice
from monitor.send import render
from monitor.send.render import chat
from monitor.send.render.chat import Said
from monitor.send.render.wire import encoded
from tests.send.examples import notice

OURS = {"https://news.example/a?b=1&c=(d)", "https://alerts.example/links/silence/x.y"}
EVIL = st.sampled_from(
    [
        *("<!channel>", "<!here>", "<@U123>", "<https://evil.example|click>", "&lt;"),
        *(
            "@everyone",
            "@here",
            "<@&1>",
            "<#1>",
            "@all",
            "~town-square",
            "#tag",
            ":fire:",
        ),
        *("[click](https://evil.example)", "![x](https://evil.example/x.png)", "]("),
        *("<https://evil.example>", "[a]: https://evil.example", "\\", "`", "```", "*"),
        *(
            "_",
            "~~",
            "||",
            "> ",
            "# ",
            "- ",
            "1. ",
            "<b>",
            "</b>",
            "<a href='//e'>",
            '"',
        ),
        *(
            "<at>x</at>",
            "</a>",
            "<script>",
            "javascript:alert(1)",
            "|",
            "\n",
            "\r\n",
            "'",
        ),
        *("\u202e", "\x1b[31m", "😀", "é", "word", " ", "&", "%0A", "\u2028", "\x00"),
    ]
)
TEXTS = st.lists(EVIL, max_size=400).map("".join)


def told(title: str, detail: str, outlet: str) -> Said:
    """Return what a chat says of a notice whose every text is a stranger's."""
    found = notice()
    first = found.reports[0]
    item = replace(
        first.item, title=title, source=outlet, url="https://news.example/a?b=1&c=(d)"
    )
    rule = replace(found.alert.rule, title=detail)
    made = replace(
        found,
        detail=detail,
        alert=replace(found.alert, rule=rule),
        story=replace(found.story, title=title, sources=(outlet,)),
        reports=(replace(first, item=item),) * 9,
    )
    return replace(
        chat.of_notice(made), silence="https://alerts.example/links/silence/x.y"
    )


SAID = st.builds(told, TEXTS, TEXTS, TEXTS)


def markdown_links(text: str) -> set[str]:
    """Return what a reader of Markdown would follow or load."""
    found: set[str] = set()
    for token in MarkdownIt("commonmark").parse(text):
        for inside in token.children or ():
            if inside.type in {"link_open", "image"}:
                found.add(str(inside.attrs.get("href") or inside.attrs.get("src")))
            assert inside.type != "html_inline"
        assert token.type != "html_block"
    return found


OURS_IN_MARKDOWN = {url.replace("(", "%28").replace(")", "%29") for url in OURS}


def check_markdown(text: str) -> None:
    assert markdown_links(text) <= OURS_IN_MARKDOWN
    assert not re.search(r"@(?!\u200b)", text)


@given(SAID)
@settings(max_examples=60, deadline=None)
def test_slack(said: Said) -> None:
    sent = chat.slack(said)
    header, section, context = sent["blocks"]
    assert chat.units(header["text"]["text"]) <= 150
    assert chat.units(section["text"]["text"]) <= 3000
    assert chat.units(context["elements"][0]["text"]) <= 3000
    assert len(encoded(sent)) <= 40_000
    for text in (section["text"]["text"], context["elements"][0]["text"], sent["text"]):
        links = re.findall(r"<([^<>|]*)(?:\|[^<>]*)?>", text)
        assert {link.replace("&amp;", "&") for link in links} <= OURS
        rest = re.sub(r"<[^<>]*>", "", text)
        assert "<" not in rest
        assert ">" not in rest


@given(SAID)
@settings(max_examples=60, deadline=None)
def test_discord(said: Said) -> None:
    sent = chat.discord(said)
    (embed,) = sent["embeds"]
    assert chat.units(embed["title"]) <= 256
    assert chat.units(embed["description"]) <= 4096
    assert chat.units(embed["author"]["name"]) <= 256
    assert len(encoded(sent)) <= 6000 + 1000
    parts = (embed["title"], embed["description"], embed["author"]["name"])
    whole = "".join([*parts, embed["footer"]["text"]])
    assert chat.units(whole) <= 6000
    assert sent["allowed_mentions"] == {"parse": []}
    check_markdown(embed["description"])
    check_markdown(embed["title"])


@given(SAID)
@settings(max_examples=60, deadline=None)
def test_teams(said: Said) -> None:
    sent = chat.teams(said)
    assert len(encoded(sent)) <= 28_000
    card = sent["attachments"][0]["content"]
    for block in card["body"]:
        check_markdown(block["text"])
    assert {action["url"] for action in card["actions"]} <= OURS
    assert "<at>" not in json.dumps(card).replace("\\\\<", "")
    assert "entities" not in json.dumps(list(card))


@given(SAID)
@settings(max_examples=60, deadline=None)
def test_mattermost(said: Said) -> None:
    text = chat.mattermost(said)["text"]
    assert chat.units(text) <= 16_383
    check_markdown(text)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.links: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        if tag not in {"meta", "br"}:
            self.open.append(tag)
        self.links |= {value or "" for name, value in attrs if name == "href"}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def tags(text: str) -> _Tags:
    reader = _Tags()
    reader.feed(text)
    reader.close()
    return reader


@given(SAID)
@settings(max_examples=60, deadline=None)
def test_telegram(said: Said) -> None:
    text = chat.telegram(said, "@desk")["text"]
    assert chat.units(text) <= 4096
    read = tags(text)
    assert read.found <= {"a", "b", "i"}
    assert read.links <= OURS
    assert read.open == []


@given(SAID)
@settings(max_examples=60, deadline=None)
def test_ntfy(said: Said) -> None:
    sent = chat.ntfy(said, "desk")
    assert len(sent["message"].encode()) <= 4096
    assert len(sent["title"].encode()) <= 250
    assert "markdown" not in sent
    assert sent["click"] in OURS
    assert {action["url"] for action in sent["actions"]} <= OURS


@given(SAID)
@settings(max_examples=60, deadline=None)
def test_pagerduty(said: Said) -> None:
    sent = chat.pagerduty(said, "key", "alr_1")
    assert chat.units(sent["payload"]["summary"]) <= 1024
    assert len(encoded(sent)) <= 512_000
    assert {link["href"] for link in sent["links"]} <= OURS


def hostile(title: str) -> Notice:
    found = notice()
    item = replace(found.reports[0].item, title=title, summary=title, source=title)
    return replace(
        found,
        detail=title,
        story=replace(found.story, title=title, sources=(title,)),
        reports=(replace(found.reports[0], item=item, evidence=()),),
    )


@given(TEXTS)
@settings(max_examples=60, deadline=None)
def test_the_page_of_a_mail(title: str) -> None:
    read = tags(re.sub(r"^<!doctype html>", "", render.html(hostile(title))))
    assert not read.found & {"script", "img", "iframe", "object", "style", "link", "at"}
    assert read.links <= {"https://news.river-post.example/detained?id=1&from=rss"}


@pytest.mark.parametrize("make", [render.text, lambda n: "\n".join(render.console(n))])
@given(title=TEXTS)
@settings(max_examples=60, deadline=None)
def test_texts_for_terminals(make: Callable[[Any], str], title: str) -> None:
    shown = make(hostile(title))
    assert all(c.isprintable() or c == "\n" for c in shown if c != "\u200b")
