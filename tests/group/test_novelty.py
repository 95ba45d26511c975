"""What is new in a report: counts that moved, turns, places, names; a paraphrase is not."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.group.facts import known_of, measures, stated
from monitor.group.novelty import News, news, reached
from monitor.group.sentences import Sentence
from monitor.model import Item


def item(title: str, summary: str = "", lang: str = "") -> Item:
    return Item(id=title, feed="f", key=title, title=title, summary=summary, lang=lang)


def found(report: str, *before: str, lang: str = "en") -> tuple[News, ...]:
    known = known_of([item(one, lang=lang) for one in before])
    return news(item(report, lang=lang), known)


def said(report: str, *before: str, lang: str = "en") -> list[str]:
    return [one.text for one in found(report, *before, lang=lang)]


@pytest.mark.parametrize(
    ("report", "before", "new"),
    [
        (
            "Blast in Kharkiv leaves 12 people dead",
            "Blast shakes Kharkiv",
            ["first count of dead: 12"],
        ),
        (
            "Death toll in Kharkiv: 12 killed",
            "Blast in Kharkiv: 3 killed",
            ["dead: 3 before, 12 now"],
        ),
        ("Blast kills twelve", "Blast shakes city", ["first count of dead: 12"]),
        ("In Kharkiv 11 were killed", "Kharkiv blast: 10 killed", []),
        ("Flood: 4 missing", "Flood: 30 missing", ["missing: 30 before, 4 now"]),
        ("Two dead after blast", "Blast kills 2 people", []),
        (
            "Gas price falls 30 per cent",
            "Gas price falls 5%",
            ["percent: 5 before, 30 now"],
        ),
        (
            "Russia cuts 2 million barrels a day",
            "Russia cuts 500,000 barrels",
            ["barrels: 500000 before, 2e+06 now"],
        ),
        (
            "Doctor freed in Minsk",
            "Doctor detained in Minsk",
            ["detained before, released now"],
        ),
        ("Doctor not freed in Minsk", "Doctor detained in Minsk", []),
        (
            "Flows through Druzhba resume",
            "Druzhba flows halted",
            ["halted before, resumed now"],
        ),
        (
            "Talks cancelled in Geneva",
            "Talks announced in Geneva",
            ["announced before, cancelled now"],
        ),
        (
            "Missing pilot dead",
            "The pilot missing",
            ["missing before, dead now"],
        ),
        ("Strikes reach Odesa", "Strikes on Kharkiv", ["new place: Odesa"]),
        ("Strikes reach Kharkiv", "Strikes on Ukraine", []),
        ("Kharkiv again under fire at night", "Kharkiv under fire", []),
        (
            "Mutiny: fighters led by Dmitry Utkin cross the border",
            "Mutiny: fighters cross the border",
            ["new name: Dmitry Utkin"],
        ),
        ("Talks with Utkin fail", "Talks fail", []),
        ("Minister Dmitri Utkin resigns again", "Utkin resigns", []),
        ("Mutiny Led By Dmitry Utkin Ends At Last", "Mutiny ends", []),
        (
            "Interior ministry says bus hit a mine",
            "Bus hit a mine",
            ["first word of an authority"],
        ),
        ("Bus hit a mine near the ministry", "Bus hit a mine", []),
        (
            "Bus hit a mine, TASS reports",
            "Bus hit a mine",
            ["first report of a news agency"],
        ),
    ],
)
def test_what_is_new(report: str, before: str, new: list[str]) -> None:
    assert said(report, before) == new


@pytest.mark.parametrize(
    ("lang", "before", "more", "paraphrase", "freed"),
    [
        (
            "ru",
            "В Минске задержаны 33 человека",
            "В Минске задержали 90 человек",
            "Задержание тридцати трех человек: их 33",
            "Всех задержанных в Минске освободили",
        ),
        (
            "uk",
            "У Мінську затримано 33 особи",
            "У Мінську затримали 90 осіб",
            "Затримання 33 людей",
            "Усіх у Мінську звільнили",
        ),
        (
            "be",
            "У Мінску затрыманыя 33 чалавекі",
            "У Мінску затрымалі 90 чалавек",
            "Затрыманне 33 чалавек",
            "Усіх у Мінску вызвалілі",
        ),
        (
            "pl",
            "W Mińsku zatrzymano 33 osoby",
            "W Mińsku zatrzymano 90 osób",
            "33 zatrzymanych",
            "W Mińsku zwolniono wszystkich",
        ),
        (
            "lt",
            "Minske sulaikyti 33 žmonės",
            "Minske sulaikyta 90 žmonių",
            "Sulaikyti 33",
            "Minske visi paleisti",
        ),
        (
            "de",
            "In Minsk 33 Menschen festgenommen",
            "In Minsk 90 Menschen festgenommen",
            "33 Festnahmen",
            "In Minsk alle freigelassen",
        ),
        (
            "fr",
            "À Minsk, 33 personnes arrêtées",
            "À Minsk, 90 personnes arrêtées",
            "Arrestation de 33 personnes",
            "À Minsk, tous libérés",
        ),
        (
            "en",
            "In Minsk 33 people detained",
            "In Minsk 90 people arrested",
            "Thirty people and 3 more: 33 arrests",
            "In Minsk all were released",
        ),
    ],
)
def test_counts_and_turns_are_read_in_each_language(
    lang: str, before: str, more: str, paraphrase: str, freed: str
) -> None:
    assert said(more, before, lang=lang) == ["detained: 33 before, 90 now"]
    assert said(paraphrase, before, lang=lang) == []
    assert said(freed, before, lang=lang) == ["detained before, released now"]


@pytest.mark.parametrize(
    ("lang", "before", "report", "kind"),
    [
        ("en", "33 detained", "Correction: 3 detained, not 33", "correction"),
        ("en", "33 detained", "Paper retracts its report on 33 detained", "retraction"),
        ("en", "33 detained", "Report on 33 detained is retracted", "retraction"),
        ("en", "33 detained", "Daily withdraws its false report", "retraction"),
        ("en", "Bus hit a mine", "Ministry denies reports of a mine", "denial"),
        ("en", "Bus hit a mine", "Ministry denies all media reports", "denial"),
        ("de", "Arzt festgenommen", "Zeitung zieht ihren Bericht zurück", "retraction"),
        ("fr", "Médecin arrêté", "Le journal retire son article", "retraction"),
        ("ru", "Врач задержан", "КГБ опроверг задержание врача", "denial"),
        ("ru", "Врач задержан", "Уточнение: врач не задержан", "correction"),
        ("ru", "Врач задержан", "Издание отозвало публикацию о враче", "retraction"),
        ("uk", "Лікаря затримано", "СБУ спростувала затримання лікаря", "denial"),
        ("be", "Лекара затрымалі", "КДБ абверг затрыманне лекара", "denial"),
        ("pl", "Lekarz zatrzymany", "MSZ dementuje informacje o lekarzu", "denial"),
        ("pl", "Lekarz zatrzymany", "Sprostowanie: lekarz jest wolny", "correction"),
        ("lt", "Gydytojas sulaikytas", "VSD paneigė informaciją", "denial"),
        ("de", "Arzt festgenommen", "Kreml dementiert Berichte", "denial"),
        ("de", "Arzt festgenommen", "Korrektur: Arzt ist frei", "correction"),
        ("fr", "Médecin arrêté", "Le Kremlin dément l'information", "denial"),
    ],
)
def test_a_report_that_takes_back_what_was_told_is_a_correction(
    lang: str, before: str, report: str, kind: str
) -> None:
    first = found(report, before, lang=lang)[0]
    assert (first.kind, first.corrects, first.urgent) == (kind, True, True)
    assert found(report, before, report, lang=lang) == ()


def test_what_nobody_told_cannot_be_denied() -> None:
    kinds = {one.kind for one in found("Kremlin denies attack", "Attack on a bridge")}
    assert kinds == {"turn"}


@pytest.mark.parametrize(
    ("lang", "title"),
    [
        ("en", "Wagner withdraws fighters from the town, reports say"),
        ("en", "Minister denies role in the attack, reports say"),
        ("en", "Envoy withdrew from talks after the report"),
        ("ru", "Москва отозвала посла, следует из сообщения"),
        ("pl", "Armia wycofuje czołgi, według informacji sztabu"),
        ("de", "Bundeswehr zieht Soldaten ab, so ein Bericht"),
        ("fr", "Un avion abattu par erreur"),
        ("fr", "L'armée retire ses troupes, selon un rapport"),
    ],
)
def test_what_sounds_like_a_correction_and_is_none(lang: str, title: str) -> None:
    assert not any(one.corrects for one in found(title, "Fighters in town", lang=lang))


@pytest.mark.parametrize(
    ("lang", "before", "title"),
    [
        ("en", "Doctor arrested", "Police do not deny the arrest"),
        ("en", "Doctor arrested", "Kremlin never denied arrest"),
        ("ru", "Врач задержан", "КГБ не опроверг задержание врача"),
        ("uk", "Лікаря затримано", "СБУ не спростувала затримання лікаря"),
        ("be", "Лекара затрымалі", "КДБ не абверг затрыманне лекара"),
        ("pl", "Lekarz zatrzymany", "MSZ nie zaprzecza zatrzymaniu lekarza"),
        ("de", "Arzt festgenommen", "Kreml hat nicht dementiert, Arzt festgenommen"),
        ("fr", "Médecin arrêté", "Le Kremlin ne dément pas l'information"),
    ],
)
def test_who_does_not_deny_takes_nothing_back(
    lang: str, before: str, title: str
) -> None:
    assert not any(one.corrects for one in found(title, before, lang=lang))


@pytest.mark.parametrize(
    ("lang", "before", "called_for", "came"),
    [
        (
            "en",
            "Doctor detained",
            "EU calls for release of doctor",
            "Doctor released",
        ),
        ("en", "Gas halted", "Poland urges Moscow to resume gas", "Gas resumed"),
        ("en", "Doctor detained", "Court refuses to release him", "Doctor released"),
        ("en", "Doctor detained", "KGB releases new video of him", "Doctor released"),
        ("en", "Doctor detained", "Statement released by KGB", "Doctor released"),
        (
            "ru",
            "Врач задержан",
            "ЕС призвал немедленно освободить врача",
            "Врача освободили",
        ),
        (
            "uk",
            "Лікаря затримано",
            "ЄС вимагає звільнення лікаря",
            "Лікаря звільнили",
        ),
        ("be", "Лекара затрымалі", "ЕС заклікае вызваліць лекара", "Лекара вызвалілі"),
        (
            "pl",
            "Lekarz zatrzymany",
            "UE wzywa do uwolnienia lekarza",
            "Lekarza uwolniono",
        ),
        (
            "lt",
            "Gydytojas sulaikytas",
            "ES ragina paleisti gydytoją",
            "Gydytojas paleistas",
        ),
        (
            "de",
            "Arzt festgenommen",
            "EU fordert Freilassung des Arztes",
            "Arzt freigelassen",
        ),
        (
            "fr",
            "Médecin arrêté",
            "L'UE exige la libération du médecin",
            "Médecin libéré",
        ),
    ],
)
def test_what_is_called_for_is_no_turn_and_its_coming_about_is_one(
    lang: str, before: str, called_for: str, came: str
) -> None:
    assert not any(one.kind == "turn" for one in found(called_for, before, lang=lang))
    told = found(came, before, called_for, lang=lang)
    assert [(one.kind, one.urgent) for one in told if one.kind == "turn"] == [
        ("turn", True)
    ]


@pytest.mark.parametrize(
    "title",
    [
        "Doctor detained in May released",
        "After call with Trump, Minsk releases doctor",
        "Court of appeal releases doctor",
        "Doctor released, video shows",
        "Doctor released after interview",
        "UN urges more, as doctor is released",
        "KGB report: doctor released",
    ],
)
def test_words_beside_a_release_do_not_hide_it(title: str) -> None:
    assert "detained before, released now" in said(title, "Doctor detained")


@pytest.mark.parametrize(
    ("lang", "title"),
    [
        ("ru", "Войска освободили село"),
        ("ru", "Освобождено 3 села"),
        ("ru", "Министра освободили от должности"),
        ("uk", "Звільнено 3 села"),
        ("uk", "Міністра звільнено з посади"),
        ("be", "Міністра вызвалілі ад пасады"),
        ("en", "Army releases village"),
    ],
)
def test_villages_and_offices_are_no_prisoners(lang: str, title: str) -> None:
    assert "state/released" not in stated(Sentence("title", title), lang)
    assert counts(title, lang) == set()


@pytest.mark.parametrize(
    ("lang", "before", "title"),
    [
        ("en", "Doctor detained", "KGB denies doctor was released"),
        ("en", "Gas halted", "Kyiv denies gas resumed"),
        ("ru", "Врач задержан", "КГБ опроверг освобождение врача"),
        ("uk", "Лікаря затримано", "СБУ спростувала звільнення лікаря"),
        ("be", "Лекара затрымалі", "КДБ абверг вызваленне лекара"),
        ("pl", "Lekarz zatrzymany", "MSZ zaprzecza uwolnieniu lekarza"),
        ("lt", "Gydytojas sulaikytas", "VSD paneigė gydytojo paleidimą"),
    ],
)
def test_a_turn_that_is_denied_is_none(lang: str, before: str, title: str) -> None:
    assert said(title, before, lang=lang) == ["denied"]


def test_who_is_to_be_freed_is_not_counted_as_free() -> None:
    assert counts("UN demands they release 12 at once", "en") == set()
    assert counts("ООН требует освободить 12 человек", "ru") == set()


@pytest.mark.parametrize(
    ("lang", "before", "title"),
    [
        ("en", "12 killed", "Correction: 9 killed instead of 12"),
        ("ru", "12 погибших", "Уточнение: 9 погибших вместо 12"),
        ("uk", "12 загиблих", "Уточнення: 9 загиблих, а не 12"),
        ("uk", "12 загиблих", "Виправлено: 9 загиблих замість 12"),
        ("be", "12 загінулых", "Удакладненне: 9 загінулых замест 12"),
        ("pl", "12 zabitych", "Sprostowanie: 9 zabitych zamiast 12"),
        ("lt", "12 žuvo", "Patikslinimas: 9 žuvo vietoj 12"),
        ("de", "12 Tote", "Korrektur: 9 Tote statt 12"),
        ("fr", "12 morts", "Rectificatif : 9 morts au lieu de 12"),
    ],
)
def test_a_correction_tells_what_a_count_is_in_place_of_what_it_was(
    lang: str, before: str, title: str
) -> None:
    new = found(title, before, lang=lang)
    assert [one.text for one in new if one.corrects] == [
        "an outlet corrects its report",
        "dead: 12 before, 9 now",
    ]


def test_a_correction_tells_of_a_count_that_fell() -> None:
    assert said("Correction: 3 killed, not 12", "12 killed") == [
        "an outlet corrects its report",
        "dead: 12 before, 3 now",
    ]
    assert said("3 killed", "12 killed") == []


def test_what_any_report_before_said_is_not_new() -> None:
    assert said("12 killed in Kharkiv", "Blast in Kharkiv", "12 dead in Kharkiv") == []
    assert said("Doctor freed", "Doctor detained", "Doctor released in Minsk") == []


def test_first_deaths_and_turns_are_urgent_and_places_are_not() -> None:
    new = found("12 dead in Odesa", "Blast in Kharkiv")
    assert {(one.kind, one.urgent) for one in new} == {
        ("count", True),
        ("place", False),
    }


def test_years_ages_ways_and_prices_count_nobody() -> None:
    assert said("Gas at 1000 dollars in 2020, the dead sea", "Gas price") == []
    assert said("Killed 25 km from town after 3 years", "Killed near a town") == []
    assert said("On Tuesday 12 ships came", "Ships came") == []


def counts(text: str, lang: str) -> set[str]:
    facts = stated(Sentence("title", text), lang)
    return {fact for fact in facts if fact.startswith("count/")}


@pytest.mark.parametrize(
    ("lang", "title"),
    [
        ("en", "A 45-year-old man was killed"),
        ("en", "Ivan Petrov, 45, killed in Minsk"),
        ("en", "Former commander (87) dies"),
        ("en", "Former commander dies at 87"),
        ("ru", "В Минске погиб 45-летний мужчина"),
        ("ru", "45-летняя женщина погибла"),
        ("ru", "Иван Петров, 45, погиб"),
        ("uk", "45-річний чоловік загинув"),
        ("be", "45-гадовы мужчына загінуў"),
        ("pl", "Zginął 45-letni mężczyzna"),
        ("pl", "45-latek zginął w wybuchu"),
        ("lt", "45-erių vyras žuvo"),
        ("lt", "Žuvo 45 metų vyras"),
        ("de", "Mann (45) getötet"),
        ("de", "45-Jähriger getötet"),
        ("fr", "Un homme de 45 ans tué"),
    ],
)
def test_how_old_somebody_was_is_no_toll(lang: str, title: str) -> None:
    assert counts(title, lang) == set()
    assert "state/dead" in stated(Sentence("title", title), lang)


@pytest.mark.parametrize(
    ("lang", "title"),
    [
        ("en", "Ministry denies reports of 12 dead"),
        ("en", "Ministry denies 12 deaths"),
        ("ru", "Минобороны опровергло гибель 12 человек"),
        ("ru", "Минобороны опровергло информацию о 12 погибших"),
        ("uk", "Генштаб спростував загибель 12 людей"),
        ("be", "КДБ абверг гібель 12 чалавек"),
        ("pl", "MSZ dementuje informacje o 12 zabitych"),
        ("lt", "Ministerija paneigė informaciją apie 12 žuvusių"),
        ("de", "Ministerium dementiert Berichte über 12 Tote"),
        ("fr", "Le ministère dément l'information sur 12 morts"),
    ],
)
def test_a_toll_that_is_denied_is_not_told_as_one(lang: str, title: str) -> None:
    assert counts(title, lang) == set()


def test_what_is_denied_beside_a_toll_leaves_it() -> None:
    assert counts("Kremlin denies role in blast that killed 12", "en")
    assert counts("Kremlin denies reports, 12 people killed", "en")
    assert counts("Police do not deny reports of 12 dead", "en")


@pytest.mark.parametrize(
    ("lang", "text", "fact"),
    [
        ("uk", "Ціна зросла до 60 тис. євро за тонну.", "measure/euros/60000"),
        ("pl", "Zatrzymano 5 tys. żołnierzy.", "count/detained/5000"),
        ("lt", "Iš viso 5 tūkst. žmonių sulaikyta.", "count/detained/5000"),
    ],
)
def test_a_small_letter_of_any_alphabet_begins_no_sentence(
    lang: str, text: str, fact: str
) -> None:
    assert fact in known_of([item("A", text, lang)])


@pytest.mark.parametrize(
    ("lang", "title"),
    [
        ("en", "Death toll rises from 3 to 12"),
        ("ru", "Число погибших выросло с 3 до 12"),
        ("uk", "Кількість загиблих зросла з 3 до 12"),
        ("be", "Колькасць загінулых вырасла з 3 да 12"),
        ("pl", "Liczba ofiar wzrosła z 3 do 12"),
        ("lt", "Žuvusiųjų skaičius išaugo nuo 3 iki 12"),
        ("de", "Zahl der Toten steigt von drei auf zwölf"),
        ("fr", "Le bilan des morts passe de 3 à 12"),
    ],
)
def test_of_a_toll_that_rose_from_one_number_to_another_the_last_one_is_news(
    lang: str, title: str
) -> None:
    known = frozenset({"count/dead/3", "state/dead"})
    assert [one.text for one in news(item(title, lang=lang), known)] == [
        "dead: 3 before, 12 now"
    ]


@pytest.mark.parametrize(
    ("lang", "title"),
    [
        ("en", "Killed 3, wounded 12"),
        ("ru", "Убиты 3, ранены 12"),
        ("ru", "Ранены 12, погибли 3"),
        ("ru", "Погибли не менее 3, ранены 12 человек"),
        ("uk", "Загинуло 3, поранено 12"),
        ("be", "Загінулі 3, параненыя 12"),
        ("pl", "Zabitych 3, rannych 12"),
        ("de", "Getötet 3, verletzt 12"),
    ],
)
def test_a_number_counts_what_stands_in_its_own_clause(lang: str, title: str) -> None:
    assert counts(title, lang) == {"count/dead/3", "count/injured/12"}


@pytest.mark.parametrize(
    ("lang", "title"),
    [
        ("en", "Nobody was killed"),
        ("en", "No one killed in 3 attacks on Minsk"),
        ("ru", "Взрыв в Минске, жертв и пострадавших нет"),
        ("uk", "Вибух у Києві, жертв немає"),
        ("uk", "Жодного загиблого"),
        ("be", "Выбух у Мінску, ахвяр няма"),
        ("pl", "Wybuch w Mińsku, brak ofiar"),
        ("lt", "Sprogimas Minske, aukų nėra"),
        ("de", "Niemand getötet"),
        ("fr", "Explosion à Minsk, aucun mort"),
    ],
)
def test_where_nobody_died_the_first_deaths_do_not_wait(lang: str, title: str) -> None:
    known = known_of([item(title, lang=lang)])
    assert counts(title, lang) == set()
    assert "state/dead" not in known
    (first,) = news(item("12 killed at night", lang="en"), known)
    assert (first.text, first.urgent) == ("first count of dead: 12", True)


@pytest.mark.parametrize(
    ("lang", "title", "count"),
    [
        ("en", "Two dozen arrested", 24),
        ("ru", "Два десятка задержанных", 20),
        ("ru", "Две сотни задержанных", 200),
        ("uk", "Три сотні затриманих", 300),
        ("be", "Два дзясяткі затрыманых", 20),
        ("pl", "Dwie setki zatrzymanych", 200),
        ("lt", "Du tuzinai sulaikytų", 24),
        ("de", "Ein Dutzend Festnahmen", 12),
        ("fr", "Une centaine d'arrestations", 100),
        ("fr", "Deux dizaines d'interpellés", 20),
    ],
)
def test_dozens_and_hundreds_multiply(lang: str, title: str, count: int) -> None:
    assert counts(title, lang) == {f"count/detained/{count}"}


@pytest.mark.parametrize(
    ("lang", "title"),
    [
        ("ru", "Активиста арестовали на 15 суток"),
        ("ru", "15 суток ареста за комментарий"),
        ("uk", "Активіста арештували на 60 діб"),
        ("be", "15 сутак арышту за каментар"),
        ("pl", "15 dób aresztu za komentarz"),
        ("lt", "15 parų arešto už komentarą"),
        ("en", "15 days of arrest for a comment"),
        ("de", "15 Tage Haft, Aktivist verhaftet"),
        ("fr", "15 jours de détention"),
    ],
)
def test_days_of_arrest_are_no_people(lang: str, title: str) -> None:
    assert counts(title, lang) == set()


@pytest.mark.parametrize(
    ("lang", "title", "expected"),
    [
        ("en", "Shahed-136 kills 3", {"count/dead/3"}),
        ("ru", "Разбился Ту-154, погибли 92 человека", {"count/dead/92"}),
        ("ru", "Су-24 сбит, погиб пилот", set()),
    ],
)
def test_the_number_of_a_type_counts_nobody(
    lang: str, title: str, expected: set[str]
) -> None:
    assert counts(title, lang) == expected


def test_millions_and_billions_are_read_however_they_are_written() -> None:
    for text in ("£5m", "£5 million", "5 mln pounds £5m"):
        assert "measure/pounds/5000000" in measures(text, "en")
    assert measures("$5 bln", "en") == measures("$5bn", "en")


def test_a_fraction_behind_thousands_belongs_to_them() -> None:
    assert measures("1.234,56 Euro", "de") == {"measure/euros/1234.56"}
    assert measures("$1,234.50 a ton", "en") == {"measure/dollars/1234.5"}


@pytest.mark.parametrize(
    "title",
    [
        "War in Ukraine live: 12 killed in Odesa",
        "LIVE: 12 killed in Odesa",
        "Онлайн: 12 погибших в Одессе",
        "Wojna na Ukrainie, relacja na żywo: 12 zabitych",
        "Guerre en Ukraine, en direct : 12 morts",
        "Ukraine liveblog, 12 killed",
    ],
)
def test_a_live_page_says_nothing_by_its_title_alone(title: str) -> None:
    known = known_of([item("War in Ukraine")])
    assert news(item(title), known) == ()
    with_text = item(title, "12 people were killed at night.", lang="en")
    assert [one.text for one in news(with_text, known)] == ["first count of dead: 12"]


def test_of_the_marks_of_independent_sources_the_last_is_told_once() -> None:
    assert reached(2, frozenset()) == ()
    assert [n.text for n in reached(11, frozenset({"voices/1"}))] == [
        "11 independent sources report it"
    ]
    assert reached(12, frozenset({"voices/11"})) == ()
    assert reached(30, frozenset({"voices/11", "voices/2"}))


# ── whatever is said ─────────────────────────────────────────────────────────

SENTENCES = (
    "Blast shakes a plant near Minsk.",
    "At least 12 people were killed and 30 injured.",
    "Двенадцать человек погибли, сообщает ТАСС.",
    "Police detained 33 men, the interior ministry said.",
    "KGB denies reports of arrests.",
    "Correction: 3 people died.",
    "Flows through Druzhba were halted, then resumed.",
    "Oil fell 5 per cent to $62 a barrel.",
    "Президент Александр Лукашенко заявил об отмене выборов.",
    "The report was retracted by Utkin, withdrawing his claim.",
    "Zatrzymano 12 osób, podaje PAP.",
    "Der Gasfluss wird in 3 Tagen wieder aufgenommen.",
)
reports = st.builds(
    lambda parts, lang: item(parts[0], " ".join(parts[1:]), lang),
    st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=5),
    st.sampled_from(["", "en", "ru"]),
)
texts = st.text(max_size=200)


@given(st.lists(reports, min_size=1, max_size=4), st.randoms())
def test_a_paraphrase_without_new_facts_is_never_news(
    before: list[Item], chance: random.Random
) -> None:
    """Sentences of reports before, in any order, some left out, as title or text."""
    for known in (before, before[::-1]):
        source = chance.choice(known)
        parts = [source.title, *source.summary.split(". ")]
        chance.shuffle(parts)
        title, *rest = parts[: chance.randint(1, len(parts))]
        again = item(title, ". ".join(rest), source.lang)
        assert news(again, known_of(known)) == ()


@given(st.lists(reports, min_size=1, max_size=5), reports, st.randoms())
def test_the_order_of_reports_does_not_matter_for_what_is_known(
    before: list[Item], report: Item, chance: random.Random
) -> None:
    shuffled = before.copy()
    chance.shuffle(shuffled)
    assert known_of(shuffled) == known_of(before)
    assert known_of(before) == known_of(before[:1]) | known_of(before[1:])
    assert news(report, known_of(shuffled)) == news(report, known_of(before))


@given(texts, texts, st.sampled_from(["", "en", "ru", "fr", "zz"]))
def test_any_text_can_be_read_and_says_nothing_new_again(
    title: str, summary: str, lang: str
) -> None:
    one = item(title, summary, lang)
    news(one, known_of([item("Minsk")]))
    assert news(one, known_of([item("Minsk"), one])) == ()
