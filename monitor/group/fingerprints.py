"""What an item is known by: its canonical address, its content, its words; pure.

Nothing here raises on hostile input: an address that is none becomes "".
"""

import hashlib
import re
import unicodedata
from functools import lru_cache
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

_TRACKING = re.compile(
    r"(?i)(utm_\w+|at_\w+|mc_\w+|pk_\w+|ns_\w+|hsa_\w+|_hs\w+|yadclid|yclid|ysclid"
    r"|gclid|gclsrc|dclid|fbclid|msclkid|twclid|igshid|wt_mc|wtmc|cmpid|icid|ncid"
    r"|ito|ref|referer|referrer|ref_src|source|src|from|_openstat|rss|feed|amp"
    r"|outputtype|smid|smtyp|spm|xtor|mkt_tok|oly_\w+|vero_\w+|trk|tracking\w*)\Z"
)
"""Query parameters that say how a reader came, not what is read."""
_HOST_NOISE = re.compile(r"\A(?:www\d?|m|mobile|amp|touch|rss)\.(?=[^.]+\.[^.]+)")
_PATH_NOISE = re.compile(r"(?i)(?:/amp/?|/index\.(?:html?|php))\Z")
_SAFE = "!$&'()*+,;=:@~-._"
_PLAIN = re.compile(rf"[A-Za-z0-9{re.escape(_SAFE)}]*\Z")
"""What is quoted as it stands."""
_LONGEST = 4096


def canonical_url(url: str) -> str:
    """Return the address that all ways to one page have in common, or "".

    https and http, hosts with and without `www.` or `m.`, tracking parameters,
    fragments, default ports, the order of parameters, closing slashes, AMP pages
    and differently escaped characters do not count (RFC 3986, 6.2).
    """
    try:
        parts = urlsplit(url.strip())
        host, port = _host(parts.hostname or ""), parts.port
    except ValueError:
        return ""
    if parts.scheme.lower() not in {"http", "https"} or not host:
        return ""
    if len(url) > _LONGEST:
        return ""
    place = host if port in {None, 80, 443} else f"{host}:{port}"
    try:
        return f"https://{place}{_path(parts.path)}{_query(parts.query)}"
    except UnicodeError:  # Half of a surrogate pair is no character of an address.
        return ""


@lru_cache(maxsize=10_000)
def _host(host: str) -> str:
    host = host.rstrip(".").lower()
    try:
        host = host.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
    return _HOST_NOISE.sub("", host)


def _path(path: str) -> str:
    path = _PATH_NOISE.sub("", path)
    steps = [step for step in path.split("/") if step]
    return "".join(
        f"/{step if _PLAIN.match(step) else _requoted(step)}" for step in steps
    )


_AS_IT_IS = "surrogateescape"
"""How escaped bytes that are no UTF-8 are read and written: each stays what it is.

Replaced, all Cyrillic addresses of an older encoding would be one address.
"""


def _requoted(step: str) -> str:
    return quote(unquote(step, errors=_AS_IT_IS), safe=_SAFE, errors=_AS_IT_IS)


def _query(query: str) -> str:
    try:
        pairs = parse_qsl(
            query, keep_blank_values=True, max_num_fields=50, errors=_AS_IT_IS
        )
    except ValueError:
        return f"?{query}"
    kept = sorted((k, v) for k, v in pairs if not _TRACKING.match(k))
    return f"?{urlencode(kept, errors=_AS_IT_IS)}" if kept else ""


def content_hash(title: str, summary: str, body: str) -> str:
    """Return the same for texts that differ in case, marks and white space only."""
    digest = hashlib.blake2b(digest_size=16)
    for text in (title, summary, body):
        said = " ".join(words(text)) if text else ""
        digest.update(said.encode("utf-8", "surrogatepass") + b"\x1f")
    return digest.hexdigest()


DIGIT = re.compile(r"\d")
_WORD = re.compile(r"[^\W_]+(?:[.,]\d+)*")
_PREFIX = re.compile(
    r"\A\W*(?:breaking|update[ds]?|updated?|live|exclusive|watch|video|photos?"
    r"|срочно|обновлено|видео|фото|молния|терміново|оновлено|відео|тэрмінова"
    r"|абноўлена|відэа|pilne|aktualizacja|wideo|eilmeldung|liveblog)\b\s*\d*\W+"
)
_SUFFIX = re.compile(r"\s[-\u2013\u2014|]\s[^-\u2013\u2014|]{2,40}\Z")


def fold(text: str) -> str:
    """Return a text as compared: compatibility forms, case and marks unified."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("\u0451", "\u0435")
    return folded.replace("\u0301", "")


def words(text: str) -> list[str]:
    """Return the folded words and numbers of a text."""
    return _WORD.findall(fold(text))


def headline(title: str) -> str:
    """Return a folded title without "BREAKING:" before and the outlet behind it."""
    folded = _PREFIX.sub("", fold(title))
    shorter = _SUFFIX.sub("", folded)
    return shorter if len(shorter.split()) >= 4 else folded  # noqa: PLR2004 - words


_LETTERS = {
    **dict(zip("абвгдезийклмнопрстуфхыэіў", "abvgdeziiklmnoprstufhyeiu", strict=True)),
    "ж": "zh",
    "ц": "c",
    "ч": "ch",
    "ш": "sh",
    "щ": "sh",
    "ъ": "",
    "ь": "",
    "ю": "yu",
    "я": "ya",
    "є": "e",
    "ї": "i",
    "ґ": "g",
    "ё": "e",
    "\u2019": "",
    "'": "",
    "ł": "l",
    "ø": "o",
    "ß": "ss",
}
_TO_LATIN = str.maketrans(_LETTERS)


def latin(folded: str) -> str:
    """Return folded text in plain Latin letters, so that names meet across alphabets.

    Not a standard of transliteration: what is near enough for the beginnings of names.
    """
    if folded.isascii():
        return folded.replace("'", "")
    letters = folded.translate(_TO_LATIN)
    if letters.isascii():
        return letters
    bare = unicodedata.normalize("NFD", letters)
    return "".join(c for c in bare if not unicodedata.combining(c))


_NAME = re.compile(r"[^\W\d_]{3,}")
NAME_KEY = 5
"""Letters of a name by which its spellings meet."""


def capitals(text: str) -> list[str]:
    """Return the words of three letters or more that begin with a capital, as written."""
    return [word for word in _NAME.findall(text) if word[0].isupper()]


_MOSTLY = 0.75


def named_within(title: str) -> frozenset[str]:
    """Return the first letters of the names of a title, as its capitals mark them.

    The first word has one anyway, and where nearly Every Word Has One it marks nothing.
    """
    words, above = _NAME.findall(title), capitals(title)
    if len(above) > _MOSTLY * len(words):
        return frozenset()
    within = above[1:] if above[:1] == words[:1] else above
    return frozenset(map(name_key, within))


def capitalised(text: str) -> set[str]:
    """Return the first letters of the words that begin with a capital, in Latin."""
    return set(map(name_key, capitals(text)))


@lru_cache(maxsize=50_000)
def name_key(word: str) -> str:
    """Return the first letters of a name in Latin, by which its spellings meet."""
    return latin(fold(word))[:NAME_KEY]


STEM = 6
"""Letters of a word by which its inflected forms meet."""


def spelled(folded: str) -> list[str]:
    """Return the words of a folded text; an apostrophe parts none."""
    return _WORD.findall(folded.replace("'", "").replace("\u2019", ""))


def numbers(text: str) -> frozenset[str]:
    """Return the numbers that a text states, years and clock times left out."""
    found = map(number, _NUMBER.findall(text))
    return frozenset(n for n in found if not _YEAR.match(n))


_NUMBER = re.compile(r"\d(?<![\w:.,]\d)\d*(?:[.,]\d+)*(?![\w:])")
_YEAR = re.compile(r"(?:19|20)\d\d\Z")
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,]\d{3})+\Z")


def number(written: str) -> str:
    """Return a number alike for all ways of marking thousands and decimals."""
    if _THOUSANDS.match(written):
        return written.replace(",", "").replace(".", "")
    return written.replace(",", ".")


_MONTHS = (
    "jan january janu* janv* genn* styc* янв* січ* сту* sausi*",
    "feb february febr* febb* févr* lute* фев* лют* vasari*",
    "mar march marz* mars märz maart marca мар* бер* сак* kovo",
    "apr april apri* avri* kwie* апр* кві* кра* baland*",
    "may mai mei magg* maj maja мая май тра* gegu*",
    "jun june juni juin giug* czer* июн* чер* чэр* birž*",
    "jul july juli juil* lugl* lipc* июл* лип* ліп* liep*",
    "aug august augu* août agos* sier* авг* сер* жні* rugp*",
    "sep sept september sett* wrze* сен* вер* rugs*",
    "oct october okto* otto* octo* paźd* окт* жов* кас* spal*",
    "nov november nove* list* ноя* лис* ліс* lapk*",
    "dec december deze* déce* dice* grud* дек* гру* сне* gruo*",
)
_WHOLE_MONTH = {
    name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()
}
_NAMES = "|".join(
    name.replace("*", r"\w*") for name in sorted(_WHOLE_MONTH, key=len, reverse=True)
)
_ISSUE = re.compile(
    r"(?:\b(?:day|день|дня|tag|jour|giorno|dzień|дзень|episode|episodio|folge|round|week"
    r"|season|part|no|nr|puntata)\b\.?|[#\u2116])\s*(?P<issue>\d{1,5})\b"
    rf"|\b(?P<day>\d{{1,2}})(?:\.|st|nd|rd|th)?\s+(?:of\s+|de\s+)?(?P<month>{_NAMES})\b"
    rf"|\b(?P<before>{_NAMES})\b\.?\s+(?P<behind>\d{{1,2}})(?:st|nd|rd|th)?\b"
)


def issues(folded: str) -> frozenset[str]:
    """Return the days and the numbers of an issue that a folded title names.

    "Day 472", "#465", "6 aprile", "Sept 28": what tells one page from the next one.
    """
    found: set[str] = set()
    if not DIGIT.search(folded):
        return frozenset()
    for one in _ISSUE.finditer(folded):
        month = one["month"] or one["before"]
        day = one["day"] or one["behind"]
        found.add(f"{int(day)} {_month(month)}" if month else one["issue"])
    return frozenset(found)


@lru_cache(maxsize=1000)
def _month(name: str) -> int:
    known = _WHOLE_MONTH.get(name)
    if known:
        return known
    starts = (f"{name[:length]}*" for length in range(len(name), 2, -1))
    return next(_WHOLE_MONTH[start] for start in starts if start in _WHOLE_MONTH)
