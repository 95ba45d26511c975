"""The fixed words of messages in other languages, by the English that they stand for.

Keep the names in braces as they are; a phrase that is missing is said in English.
"""

from collections.abc import Mapping

_KEYS = (
    "INFO",
    "LOW",
    "MEDIUM",
    "HIGH",
    "CRITICAL",
    "New story",
    "Closed",
    "Correction, message {number} about this story",
    "Update, message {number} about this story",
    "unknown outlet",
    "(untitled)",
    "{reports} by {outlets}: {names}",
    "{names} and {more} more",
    "first seen {first}, last {last}",
    "{field}: “{words}” satisfies {clause}",
    "and {more} more",
    "title",
    "summary",
    "body",
    "undated, seen {moment}",
    "undated",
    "{more} of this story not shown.",
    "Story: {coverage}; {seen}",
    "In the text: {passage}",
    "Rule: {rule}, theme {theme}",
    "tags {tags}",
    "version {version}",
    "Alert: {alert}, message {number}",
    "Silence this",
    "No more mail",
    "What is new",
    "What is taken back, corrected or denied",
    "Graded {grade}: {because}",
    "First reported by {outlet}",
    "this report {time} later",
    "{state} of {all} reports by outlets of states",
    "theirs {time} after the first other one",
    "theirs {time} before the first other one",
    "new-story",
    "new-source",
    "further-report",
    "corroborated",
    "news",
)

_WORDS: Mapping[str, tuple[str, ...]] = {
    "be": (
        *("ІНФА", "НІЗКІ", "СЯРЭДНІ", "ВЫСОКІ", "КРЫТЫЧНЫ"),
        *(
            "Новая падзея",
            "Закрыта",
            "Выпраўленне, паведамленне {number} пра гэтую падзею",
        ),
        *("Абнаўленне, паведамленне {number} пра гэтую падзею", "невядомае выданне"),
        *("(без загалоўка)", "{reports}, {outlets}: {names}", "{names} і яшчэ {more}"),
        *(
            "упершыню {first}, апошні раз {last}",
            "{field}: «{words}» адпавядае {clause}",
        ),
        *(
            "і яшчэ {more}",
            "загаловак",
            "анонс",
            "тэкст",
            "без даты, заўважана {moment}",
        ),
        *(
            "без даты",
            "Не паказана: {more} пра гэтую падзею.",
            "Падзея: {coverage}; {seen}",
        ),
        *("У тэксце: {passage}", "Правіла: {rule}, тэма {theme}", "цэтлікі {tags}"),
        *("версія {version}", "Сігнал: {alert}, паведамленне {number}", "Заглушыць"),
        *("Больш не дасылаць", "Што новага", "Што адклікана, выпраўлена ці абвергнута"),
        *("Ацэнка {grade}: {because}", "Першым паведаміла {outlet}"),
        *(
            "гэтае паведамленне праз {time}",
            "{state} з {all} паведамленняў ад дзяржаўных выданняў",
        ),
        *(
            "іхняе праз {time} пасля першага іншага",
            "іхняе за {time} да першага іншага",
        ),
        *("першае паведамленне пра падзею", "паведаміла яшчэ адно выданне"),
        *("яшчэ адно паведамленне", "пацверджана незалежнымі выданнямі", "ёсць новае"),
    ),
    "de": (
        *("INFO", "NIEDRIG", "MITTEL", "HOCH", "KRITISCH"),
        *(
            "Neues Ereignis",
            "Geschlossen",
            "Berichtigung, Nachricht {number} zu diesem Ereignis",
        ),
        *("Neuer Stand, Nachricht {number} zu diesem Ereignis", "unbekanntes Medium"),
        *(
            "(ohne Titel)",
            "{reports} von {outlets}: {names}",
            "{names} und {more} weitere",
        ),
        *(
            "zuerst gesehen {first}, zuletzt {last}",
            "{field}: „{words}“ erfüllt {clause}",
        ),
        *(
            "und {more} weitere",
            "Titel",
            "Anriss",
            "Text",
            "ohne Datum, gesehen {moment}",
        ),
        *(
            "ohne Datum",
            "{more} zu diesem Ereignis nicht gezeigt.",
            "Ereignis: {coverage}; {seen}",
        ),
        *("Im Text: {passage}", "Regel: {rule}, Thema {theme}", "Merkmale {tags}"),
        *("Fassung {version}", "Alarm: {alert}, Nachricht {number}", "Stummschalten"),
        *(
            "Keine Mails mehr",
            "Was neu ist",
            "Was zurückgenommen, berichtigt oder bestritten wird",
        ),
        *("Bewertet {grade}: {because}", "Zuerst berichtet von {outlet}"),
        *(
            "dieser Bericht {time} später",
            "{state} von {all} Berichten von Staatsmedien",
        ),
        *(
            "deren erster {time} nach dem ersten anderen",
            "deren erster {time} vor dem ersten anderen",
        ),
        *("erster Bericht über dieses Ereignis", "ein weiteres Medium berichtet"),
        *("ein weiterer Bericht", "von unabhängigen Medien bestätigt", "es gibt Neues"),
    ),
    "fr": (
        *("INFO", "FAIBLE", "MOYEN", "ÉLEVÉ", "CRITIQUE"),
        *(
            "Nouvel événement",
            "Clos",
            "Rectification, message {number} sur cet événement",
        ),
        *("Mise à jour, message {number} sur cet événement", "média inconnu"),
        *(
            "(sans titre)",
            "{reports} de {outlets} : {names}",
            "{names} et {more} autres",
        ),
        *(
            "vu d’abord le {first}, enfin le {last}",
            "{field} : « {words} » satisfait {clause}",
        ),
        *("et {more} autres", "titre", "chapeau", "texte", "sans date, vu le {moment}"),
        *(
            "sans date",
            "Non montré : {more} sur cet événement.",
            "Événement : {coverage} ; {seen}",
        ),
        *(
            "Dans le texte : {passage}",
            "Règle : {rule}, thème {theme}",
            "étiquettes {tags}",
        ),
        *(
            "version {version}",
            "Alerte : {alert}, message {number}",
            "Mettre en sourdine",
        ),
        *(
            "Plus de courrier",
            "Ce qui est nouveau",
            "Ce qui est retiré, rectifié ou démenti",
        ),
        *("Noté {grade} : {because}", "Annoncé d’abord par {outlet}"),
        *(
            "cet article {time} plus tard",
            "{state} des {all} articles de médias d’État",
        ),
        *(
            "le leur {time} après le premier autre",
            "le leur {time} avant le premier autre",
        ),
        *("premier article sur cet événement", "un autre média en parle"),
        *(
            "un autre article",
            "confirmé par des médias indépendants",
            "il y a du nouveau",
        ),
    ),
    "lt": (
        *("INFO", "ŽEMAS", "VIDUTINIS", "AUKŠTAS", "KRITINIS"),
        *(
            "Naujas įvykis",
            "Uždaryta",
            "Pataisymas, {number}-oji žinutė apie šį įvykį",
        ),
        *("Naujienos, {number}-oji žinutė apie šį įvykį", "nežinomas leidinys"),
        *("(be antraštės)", "{reports}, {outlets}: {names}", "{names} ir dar {more}"),
        *(
            "pirmą kartą {first}, paskutinį {last}",
            "{field}: „{words}“ atitinka {clause}",
        ),
        *(
            "ir dar {more}",
            "antraštė",
            "santrauka",
            "tekstas",
            "be datos, pastebėta {moment}",
        ),
        *(
            "be datos",
            "Neparodyta: {more} apie šį įvykį.",
            "Įvykis: {coverage}; {seen}",
        ),
        *("Tekste: {passage}", "Taisyklė: {rule}, tema {theme}", "žymos {tags}"),
        *(
            "versija {version}",
            "Pranešimas: {alert}, {number}-oji žinutė",
            "Nutildyti",
        ),
        *("Daugiau nesiųsti", "Kas nauja", "Kas atšaukta, pataisyta ar paneigta"),
        *("Įvertinta {grade}: {because}", "Pirmasis pranešė {outlet}"),
        *(
            "šis pranešimas po {time}",
            "{state} iš {all} pranešimų – valstybinių leidinių",
        ),
        *("jų – {time} po pirmojo kito", "jų – {time} prieš pirmąjį kitą"),
        *("pirmasis pranešimas apie šį įvykį", "pranešė dar vienas leidinys"),
        *(
            "dar vienas pranešimas",
            "patvirtino nepriklausomi leidiniai",
            "yra naujienų",
        ),
    ),
    "pl": (
        *("INFO", "NISKI", "ŚREDNI", "WYSOKI", "KRYTYCZNY"),
        *(
            "Nowe wydarzenie",
            "Zamknięte",
            "Sprostowanie, wiadomość {number} o tym wydarzeniu",
        ),
        *("Aktualizacja, wiadomość {number} o tym wydarzeniu", "nieznana redakcja"),
        *("(bez tytułu)", "{reports}, {outlets}: {names}", "{names} i jeszcze {more}"),
        *(
            "po raz pierwszy {first}, ostatnio {last}",
            "{field}: „{words}” spełnia {clause}",
        ),
        *(
            "i jeszcze {more}",
            "tytuł",
            "zapowiedź",
            "tekst",
            "bez daty, zauważono {moment}",
        ),
        *(
            "bez daty",
            "Nie pokazano: {more} o tym wydarzeniu.",
            "Wydarzenie: {coverage}; {seen}",
        ),
        *("W tekście: {passage}", "Reguła: {rule}, temat {theme}", "etykiety {tags}"),
        *("wersja {version}", "Alert: {alert}, wiadomość {number}", "Wycisz"),
        *(
            "Nie wysyłaj więcej",
            "Co nowego",
            "Co wycofano, sprostowano lub zdementowano",
        ),
        *("Ocena {grade}: {because}", "Pierwsze doniesienie: {outlet}"),
        *(
            "to doniesienie {time} później",
            "{state} z {all} doniesień to media państwowe",
        ),
        *(
            "ich pierwsze {time} po pierwszym innym",
            "ich pierwsze {time} przed pierwszym innym",
        ),
        *("pierwsze doniesienie o tym wydarzeniu", "pisze o tym kolejna redakcja"),
        *(
            "kolejne doniesienie",
            "potwierdzone przez niezależne redakcje",
            "jest coś nowego",
        ),
    ),
    "ru": (
        *("ИНФО", "НИЗКИЙ", "СРЕДНИЙ", "ВЫСОКИЙ", "КРИТИЧЕСКИЙ"),
        *(
            "Новое событие",
            "Закрыто",
            "Исправление, сообщение {number} об этом событии",
        ),
        *("Обновление, сообщение {number} об этом событии", "неизвестное издание"),
        *("(без заголовка)", "{reports}, {outlets}: {names}", "{names} и ещё {more}"),
        *(
            "впервые {first}, последний раз {last}",
            "{field}: «{words}» соответствует {clause}",
        ),
        *("и ещё {more}", "заголовок", "анонс", "текст", "без даты, замечено {moment}"),
        *(
            "без даты",
            "Не показано: {more} об этом событии.",
            "Событие: {coverage}; {seen}",
        ),
        *("В тексте: {passage}", "Правило: {rule}, тема {theme}", "метки {tags}"),
        *("версия {version}", "Сигнал: {alert}, сообщение {number}", "Заглушить"),
        *(
            "Больше не присылать",
            "Что нового",
            "Что отозвано, исправлено или опровергнуто",
        ),
        *("Оценка {grade}: {because}", "Первым сообщило {outlet}"),
        *(
            "это сообщение через {time}",
            "{state} из {all} сообщений от государственных изданий",
        ),
        *(
            "их первое через {time} после первого другого",
            "их первое за {time} до первого другого",
        ),
        *("первое сообщение об этом событии", "сообщило ещё одно издание"),
        *("ещё одно сообщение", "подтверждено независимыми изданиями", "есть новое"),
    ),
    "uk": (
        *("ІНФО", "НИЗЬКИЙ", "СЕРЕДНІЙ", "ВИСОКИЙ", "КРИТИЧНИЙ"),
        *("Нова подія", "Закрито", "Виправлення, повідомлення {number} про цю подію"),
        *("Оновлення, повідомлення {number} про цю подію", "невідоме видання"),
        *("(без заголовка)", "{reports}, {outlets}: {names}", "{names} та ще {more}"),
        *("уперше {first}, востаннє {last}", "{field}: «{words}» відповідає {clause}"),
        *("та ще {more}", "заголовок", "анонс", "текст", "без дати, помічено {moment}"),
        *("без дати", "Не показано: {more} про цю подію.", "Подія: {coverage}; {seen}"),
        *("У тексті: {passage}", "Правило: {rule}, тема {theme}", "мітки {tags}"),
        *("версія {version}", "Сигнал: {alert}, повідомлення {number}", "Заглушити"),
        *(
            "Більше не надсилати",
            "Що нового",
            "Що відкликано, виправлено чи спростовано",
        ),
        *("Оцінка {grade}: {because}", "Першим повідомило {outlet}"),
        *(
            "це повідомлення через {time}",
            "{state} із {all} повідомлень від державних видань",
        ),
        *(
            "їхнє перше через {time} після першого іншого",
            "їхнє перше за {time} до першого іншого",
        ),
        *("перше повідомлення про цю подію", "повідомило ще одне видання"),
        *("ще одне повідомлення", "підтверджено незалежними виданнями", "є нове"),
    ),
}

PHRASES: Mapping[str, Mapping[str, str]] = {
    lang: dict(zip(_KEYS, words, strict=True)) for lang, words in _WORDS.items()
}
"""By language, then by the English phrase (or the code of a reason)."""
