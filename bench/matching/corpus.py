"""Short and long items: made up by a seed, or real news from a folder."""

import json
import lzma
import random
from collections import defaultdict
from itertools import accumulate
from pathlib import Path

from monitor.model import Item

SHORT_WORDS, LONG_WORDS = 43, 695
MOST_SHORT, MOST_LONG = 10_000, 1_500
_ALPHABETS = {
    "en": ("bcdfghklmnprstvw", "aeiou"),
    "pl": ("bcćdfghjklłmnprsśtwzż", "aąeęiouy"),
    "lt": ("bdgjklmnprsštvzž", "aąeęėiouū"),
    "ru": ("бвгджзклмнпрстфхцчшщ", "аеиоуыэюя"),
    "uk": ("бвгджзйклмнпрстфхцчшщ", "аеиіїоує"),
    "be": ("бвгджзйклмнпрстўфхцчш", "аеёіоуыэюя"),
}
_VOCABULARY = 30_000


def item(number, lang, title, summary="", body=""):
    """Return a text as an item."""
    return Item(
        id=str(number),
        feed="bench",
        key=str(number),
        title=title,
        summary=summary,
        body=body,
        lang=lang,
    )


def made_up(seed=20):
    """Return short and long items of six made-up languages, words as Zipf has them."""
    chance = random.Random(seed)
    languages = {lang: _words(chance, *letters) for lang, letters in _ALPHABETS.items()}
    # Rank r is drawn with weight 1/(r + 2.7): Zipf and Mandelbrot.
    weights = list(accumulate(1 / (rank + 2.7) for rank in range(_VOCABULARY)))
    short, long = [], []
    names = list(languages)
    for number in range(MOST_SHORT + MOST_LONG):
        lang = names[number % len(names)]
        mean = SHORT_WORDS if number < MOST_SHORT else LONG_WORDS
        count = max(8, round(chance.gauss(mean, mean / 4)))
        text = _text(chance.choices(languages[lang], cum_weights=weights, k=count))
        cut = text.find(" ", 60)
        if number < MOST_SHORT:
            short.append(item(number, lang, text[:cut], text[cut + 1 :]))
        else:
            long.append(item(number, lang, text[:cut], body=text[cut + 1 :]))
    return short, long


def _words(chance, consonants, vowels):
    found = {}
    while len(found) < _VOCABULARY:
        # Common words are short: the later, the longer.
        syllables = (
            chance.choice((1, 2, 2)) if len(found) < 200 else chance.randint(2, 4)
        )
        word = "".join(
            chance.choice(consonants) + chance.choice(vowels) for _ in range(syllables)
        )
        found[word + chance.choice(["", chance.choice(consonants)])] = None
    return list(found)


def _text(words):
    pieces = []
    for number, word in enumerate(words):
        ends = number % 13 == 12
        pieces.append(word.capitalize() if number % 13 == 0 else word)
        pieces[-1] += "." if ends else "," if number % 7 == 6 else ""
    return " ".join(pieces)


def real(folder):
    """Return short and long items of the news in a folder, best of it first.

    Any `*.jsonl` and `*.jsonl.xz` below it with title and summary or body counts; long
    items are texts of one language put together, as articles are not among them.
    """
    texts = []
    for path in sorted(Path(folder).rglob("*.jsonl*")):
        if len(texts) < 60_000:
            texts += _read(path)
    random.Random(7).shuffle(texts)
    short = [
        item(number, lang, title, summary)
        for number, (lang, title, summary) in enumerate(texts)
        if len(title) + len(summary) > 150
    ]
    return short[:MOST_SHORT], _long(texts)[:MOST_LONG]


def _read(path):
    opened = lzma.open if path.suffix == ".xz" else open
    found = []
    with opened(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            title, rest = row.get("title"), row.get("summary") or row.get("body")
            if isinstance(title, str) and isinstance(rest, str) and rest:
                found.append((str(row.get("lang") or "")[:2], title, rest[:1200]))
            if len(found) >= 25_000:
                break
    return found


def _long(texts):
    by_language = defaultdict(list)
    for lang, title, rest in texts:
        by_language[lang].append(f"{title}. {rest}")
    found = []
    for lang, several in by_language.items():
        held, count = [], 0
        for text in several:
            held.append(text)
            count += len(text.split())
            if count >= LONG_WORDS:
                found.append(item(len(found), lang, held[0][:90], body=" ".join(held)))
                held, count = [], 0
    random.Random(8).shuffle(found)
    return found
