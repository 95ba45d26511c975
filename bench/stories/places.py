"""Writes the names of places by which grouping tells two events apart.

    python bench/stories/places.py [--write]

Countries, and the cities that name time zones, in the languages of the packs, from the
Unicode CLDR by way of Babel (dependency group `train`); cities of the shipped themes that
name no zone are added by hand. A name is kept as its stem in Latin letters: what is left
when the ending falls off that inflection changes.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path

from babel import Locale
from babel.core import get_global

from monitor.group import places

LANGUAGES = ["en", "ru", "be", "uk", "pl", "lt", "lv", "de", "fr", "es", "it"]
EXTRA = {
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
    "US/Washington": "Washington Вашингтон Waszyngton",
    "US/Boston": "Boston",
    "US/Texas": "Texas Техас Teksas",
    "US/Florida": "Florida Флорида",
    "US/California": "California Калифорния",
    "TR/Ankara": "Ankara Анкара",
    "IL/Jerusalem": "Jerusalem Иерусалим Jerozolima",
    "PS/Gaza": "Gaza Газа",
}
NOT_NAMES = {
    "male",
    "nome",
    "center",
    "centra",
    "knox",
    "marengo",
    "easter",
    "wake",
    "chagos",
}
"""What is a common word as well."""


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
    sure = {
        stem: min(where) for stem, where in sorted(found.items()) if len(where) == 1
    }
    print(
        f"{len(sure)} stems of {len(set(sure.values()))} places; {len(found) - len(sure)} unsure"
    )
    if options.write:
        text = json.dumps(sure, ensure_ascii=False, indent=0)
        path = Path(places.__file__).parent / "places.json"
        path.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
