"""The words of a grade's derivation, and of durations, in other languages, as in `catalogue`; pure."""

from collections.abc import Mapping

PLURALS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "be": {
        "independent voice": (
            "незалежная крыніца",
            "незалежныя крыніцы",
            "незалежных крыніц",
        ),
        "copy": ("перадрук", "перадрукі", "перадрукаў"),
    },
    "de": {
        "independent voice": ("unabhängige Quelle", "unabhängige Quellen"),
        "copy": ("Übernahme", "Übernahmen"),
    },
    "fr": {
        "independent voice": ("source indépendante", "sources indépendantes"),
        "copy": ("reprise", "reprises"),
    },
    "lt": {
        "independent voice": (
            "nepriklausomas šaltinis",
            "nepriklausomi šaltiniai",
            "nepriklausomų šaltinių",
        ),
        "copy": ("perspaudas", "perspaudai", "perspaudų"),
    },
    "pl": {
        "independent voice": (
            "niezależne źródło",
            "niezależne źródła",
            "niezależnych źródeł",
        ),
        "copy": ("przedruk", "przedruki", "przedruków"),
    },
    "ru": {
        "independent voice": (
            "независимый источник",
            "независимых источника",
            "независимых источников",
        ),
        "copy": ("перепечатка", "перепечатки", "перепечаток"),
    },
    "uk": {
        "independent voice": (
            "незалежне джерело",
            "незалежні джерела",
            "незалежних джерел",
        ),
        "copy": ("передрук", "передруки", "передруків"),
    },
}

_KEYS = (
    "best source {outlet} ({grade})",
    "{voices}, {good} of them graded C or better",
    "{state} of {all} of a state",
    "{minutes} min",
    "{hours} h {minutes} min",
)

_WORDS: Mapping[str, tuple[str, ...]] = {
    "be": (
        "найлепшая крыніца {outlet} ({grade})",
        "{voices}, з ацэнкай C і вышэй: {good}",
        "дзяржаўных: {state} з {all}",
        "{minutes} хв",
        "{hours} г {minutes} хв",
    ),
    "de": (
        "beste Quelle {outlet} ({grade})",
        "{voices}, davon mit C oder besser bewertet: {good}",
        "staatliche: {state} von {all}",
        "{minutes} Min.",
        "{hours} Std. {minutes} Min.",
    ),
    "fr": (
        "meilleure source {outlet} ({grade})",
        "{voices}, dont notées C ou mieux : {good}",
        "d’État : {state} sur {all}",
        "{minutes} min",
        "{hours} h {minutes} min",
    ),
    "lt": (
        "geriausias šaltinis {outlet} ({grade})",
        "{voices}, iš jų įvertinta C ar geriau: {good}",
        "valstybinių: {state} iš {all}",
        "{minutes} min.",
        "{hours} val. {minutes} min.",
    ),
    "pl": (
        "najlepsze źródło {outlet} ({grade})",
        "{voices}, w tym z oceną C lub lepszą: {good}",
        "państwowych: {state} z {all}",
        "{minutes} min",
        "{hours} godz. {minutes} min",
    ),
    "ru": (
        "лучший источник {outlet} ({grade})",
        "{voices}, с оценкой C и выше: {good}",
        "государственных: {state} из {all}",
        "{minutes} мин",
        "{hours} ч {minutes} мин",
    ),
    "uk": (
        "найкраще джерело {outlet} ({grade})",
        "{voices}, з оцінкою C і вище: {good}",
        "державних: {state} з {all}",
        "{minutes} хв",
        "{hours} год {minutes} хв",
    ),
}

PHRASES: Mapping[str, Mapping[str, str]] = {
    lang: dict(zip(_KEYS, words, strict=True)) for lang, words in _WORDS.items()
}
