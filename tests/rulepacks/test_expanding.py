"""A term written out says what it matches."""

from pathlib import Path

import pytest

from monitor.errors import InputRefused
from monitor.model import Item
from monitor.rulepacks import expand_query

PACK = """\
version: 1
theme: t
defs:
  belarus: {en: [Belarus, Minsk], be: ["Мінск~"]}
rules:
  - {id: r, title: R, severity: low, match: "@belarus"}
"""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    path = tmp_path / "t.yaml"
    path.write_text(PACK, encoding="utf-8")
    return path


def test_the_forms_of_a_word_are_stems_and_endings_of_its_language() -> None:
    (term,) = expand_query("Лукашенко~be", [])
    (form,) = term.words[0].forms
    assert form.language == "be"
    assert "лукашенк" in form.stems
    assert {"а", "у", "ам"} <= set(form.endings)


def test_a_definition_is_written_out_term_by_term(pack: Path) -> None:
    assert [one.term for one in expand_query("@belarus", [pack])] == [
        "Belarus",
        "Minsk",
        "Мінск~be",
    ]


def test_a_corpus_shows_the_words_that_are_really_met() -> None:
    corpus = [
        Item(id=str(n), feed="f", key=str(n), title=title)
        for n, title in enumerate(["Men detained", "Detained again", "A detention"])
    ]
    (term,) = expand_query("detain*", [], corpus)
    assert term.words[0].seen == {"detained": 2}


def test_an_unknown_name_is_refused_with_the_nearest(pack: Path) -> None:
    with pytest.raises(InputRefused, match="did you mean @belarus"):
        expand_query("@belarsu", [pack])


def test_each_name_is_read_as_in_its_own_pack(pack: Path) -> None:
    other = pack.with_name("other.yaml")
    other.write_text(
        PACK.replace(
            "belarus: {en: [Belarus, Minsk]", "minsk: '@belarus'\n  belarus: {"
        )
        .replace("{, ", "{")
        .replace("id: r", "id: s")
        .replace('@belarus"}', '@minsk"}'),
        encoding="utf-8",
    )
    (term,) = expand_query("@minsk", [pack, other])
    assert term.term == "Мінск~be"
    with pytest.raises(InputRefused, match="one thing here and another there"):
        expand_query("@belarus", [pack, other])


def test_a_definition_with_faults_is_refused_with_them(pack: Path) -> None:
    pack.write_text(PACK.replace("Minsk]", "'M*']"), encoding="utf-8")
    assert len(expand_query("Minsk", [pack])) == 1
    with pytest.raises(InputRefused, match="Q120"):
        expand_query("@belarus", [pack])
    pack.write_text(PACK.replace("severity: low", "severity: 5"), encoding="utf-8")
    with pytest.raises(InputRefused, match="severity"):
        expand_query("@belarus", [pack])


def test_a_wildcard_within_a_phrase_has_no_forms() -> None:
    (term,) = expand_query('"organi?ation chief"~en', [])
    assert [len(word.forms) for word in term.words] == [0, 1]
