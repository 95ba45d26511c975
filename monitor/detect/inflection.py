"""All forms of a word: its stem, and the endings that its language puts to it.

A closed list of endings a language. Words are folded before (`folding.fold`), so endings
are written folded: Polish ą is a here, Lithuanian ų is u.
"""

import re
from dataclasses import dataclass
from functools import cache

_CYRILLIC_CASES = "ам ами ах ям ями ях ом ем"
_ENDINGS = {
    "ru": f"{_CYRILLIC_CASES} а я ы и у ю е о ой ей ою ею ов ев ь ью ию ии ия ие ий ием"
    " иям иями иях ией ый ая яя ое ее ые ого его ому ему ым им ую юю ых их ыми ими",
    "uk": f"{_CYRILLIC_CASES} а я и і ї у ю е є о ою ею єю єм ові еві єві ів їв ь ий ій"
    " ї ія ії ію ією ієї ій іям іями іях ої ого його ому йому им ім ій їй их їх ими іми"
    " ая яя ее",
    "be": f"{_CYRILLIC_CASES} амі ямі а я ы і у ю е э о ой ай ей яй ою аю яю аў яў оў еў"
    " ь ыя ія ію іяй іі ый ая яя ое ае яе ага яга ога ому аму яму ым ім ую юю ых іх ымі"
    " імі",
    "pl": "a e i y u o ow ami om ach em iem owi ie ia ii io iami iom iach iow owie"
    " ego emu ym im ej iej ych ich ymi imi mi iego iemu",
    "lt": "as a ai os o ui u e us ams ais uose is io iui i iu iai iams iais iuose ys y"
    " ius es ems emis ese ei eje oms omis ose oje ies imi yje ims imis yse us aus umi"
    " uje iaus iumi iuje ums umis iosios ioji iai iem iems iam iame ame ia ias iomis iose"
    " ios",
    "lv": "s a e i u am em im um os as es is us ai ei ij os am iem ajiem ais aja aji ajai"
    " ajos ajas o",
    "cs": "a e i y u o ou em am um ech ich ach ami emi imi ovi ove ove u ym eho emu ho mu"
    " ych ymi mi iho imu im",
    "de": "e en er es em s n ern ens in innen s",
    "fr": "s e es x",
    "es": "s es a as o os",
    "it": "a e i o",
    "en": "s es",
}
LANGUAGES = frozenset(_ENDINGS)
_SHORTEST_STEM = 3
# Languages in which a noun may have no ending at all, so that what looks like one may
# be the end of its stem, and the letters in which such a noun does not end.
_BARE_NOMINATIVE = frozenset(("ru", "uk", "be", "pl", "cs"))
_VOWELS = frozenset("аеёиіїоуыэюяєйьaeiouy")
# The last letters of a stem that change before some endings: what is taken off,
# and what may stand there instead.
_CHANGES = {
    "ru": (("ец", ("йц", "ьц", "ц")), ("ок", ("к",)), ("ек", ("к", "ьк"))),
    "uk": (
        ("ець", ("ц", "йц", "ьц")),
        ("ок", ("к", "ц")),
        ("к", ("ц",)),
        ("г", ("з",)),
        ("х", ("с",)),
        # і and ї of a closed syllable: Харків, Харкова; Київ, Києва; Схід, Сходу.
        ("ів", ("ов", "ев")),
        ("їв", ("єв",)),
        ("ід", ("од",)),
        ("іг", ("ог",)),
        ("іль", ("ол", "ел")),
        ("ість", ("ост",)),
        ("ень", ("н",)),
    ),
    "be": (
        ("ец", ("йц", "ц")),
        ("эц", ("ц",)),
        ("ок", ("к",)),
        ("к", ("ц",)),
        ("г", ("з",)),
        ("т", ("ц",)),
        ("д", ("дз",)),
    ),
    "pl": (
        ("ek", ("k",)),
        ("iec", ("c",)),
        ("k", ("c",)),
        ("g", ("dz",)),
        ("ch", ("s", "sz")),
        ("r", ("rz",)),
        ("t", ("c",)),
        ("d", ("dz",)),
        ("l", ("l",)),
    ),
    "cs": (("ek", ("k",)), ("ec", ("c",)), ("k", ("c",)), ("h", ("z",)), ("r", ("r",))),
    "lt": (("d", ("dz",)), ("t", ("c",))),
    "en": (("y", ("ie",)),),
}
_by_script = (
    (re.compile("[ўЎ]"), ("be",)),
    (re.compile("[їєґЇЄҐ]"), ("uk",)),
    (re.compile("[іІ]"), ("uk", "be")),
    (re.compile("[ыэъЫЭЪ]"), ("ru", "be")),
    (re.compile("[\u0400-\u052f]"), ("ru", "uk", "be")),
    (re.compile("[A-Za-z]"), ("en", "de", "pl", "lt", "lv", "cs", "fr", "es")),
)


def languages_of(word: str) -> tuple[str, ...]:
    """Return the languages whose endings a word may take, judging by its letters."""
    for letters, languages in _by_script:
        if letters.search(word):
            return languages
    return ()


def _stem(word: str, endings: tuple[str, ...]) -> str:
    """Take off the longest ending that leaves three letters."""
    for ending in endings:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word[: -len(ending)]
    return word


@cache
def _sorted_endings(language: str) -> tuple[str, ...]:
    return tuple(sorted(set(_ENDINGS[language].split()), key=len, reverse=True))


def _stems(word: str, language: str) -> set[str]:
    endings = _sorted_endings(language)
    stems = {_stem(word, endings)}
    if language in _BARE_NOMINATIVE and word[-1] not in _VOWELS:
        # "Газпром" looks like an instrumental, and has a genitive "Газпрома".
        stems.add(word)
    if language in {"de", "fr", "es", "en", "it"}:
        stems = {word, *(s for s in stems if len(word) - len(s) == 1)}
    for off, instead in _CHANGES.get(language, ()):
        for stem in (*stems, word):
            if stem.endswith(off) and len(stem) - len(off) >= _SHORTEST_STEM - 1:
                stems |= {stem[: -len(off)] + new for new in instead}
    return stems


def parts(
    word: str, language: str
) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Return language, stems and endings of the forms of a folded word.

    With no language the letters of the word decide, and several may apply; none do
    for a word of fewer than three letters, or one without letters.
    """
    chosen = (language,) if language else languages_of(word)
    if len(word) < _SHORTEST_STEM:
        return []
    return [
        (one, tuple(sorted(_stems(word, one))), _sorted_endings(one)) for one in chosen
    ]


@dataclass(frozen=True, slots=True)
class Forms:
    """All forms of a folded word: the word, and stems with any ending or none."""

    word: str
    stems: tuple[tuple[str, frozenset[str]], ...]
    """Each with the endings that it takes."""

    def fits(self, word: str) -> bool:
        """Say whether a folded word is one of the forms."""
        if word == self.word:
            return True
        for stem, endings in self.stems:
            if word.startswith(stem) and word[len(stem) :] in endings:
                return True
        return False

    @property
    def prefix(self) -> str:
        """Letters that all forms begin with; "" where there are none."""
        prefix = self.word
        for stem, _ in self.stems:
            while not stem.startswith(prefix):
                prefix = prefix[:-1]
        return prefix


@cache
def _endings(language: str) -> frozenset[str]:
    return frozenset(("", *_sorted_endings(language)))


def forms(word: str, language: str) -> Forms:
    """Return all forms of a folded word."""
    stems = [
        (stem, _endings(one))
        for one, several, _ in parts(word, language)
        for stem in several
    ]
    return Forms(word, tuple(stems))
