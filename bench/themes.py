"""How well the shipped packs find their themes: precision and recall on judged items.

    python bench/themes.py [FOLDER] [--part tune|check|held|all] [--errors] [--json]

FOLDER (bench/samples, which is written for this, where none is named) holds files of
judged items, *.jsonl (also .jsonl.xz, .tar.xz): id, title, summary, body, lang, source,
url, theme, label 1 or 0, and where there is one tier, story_cluster and country (of the
outlet, as sources.yaml has it: BY). Whole days at their natural prevalence, where items have `labels` (by
theme) in place of theme and label, are reported apart as `census`. Each theme is set
against its pack and against a search for the theme's plain keywords, on the same items.
Intervals are Wilson's at 95 %. --errors lists what was wrong, language by language.

The items are split by story (by quarter of a day where no story is named) into a part to
tune on (three of five stories), a part to check on, whose errors were read too, and a
part held out, which was only counted until its errors were read as the last; a story is
in one of them. What `held` said before stands in docs/rules.md.
"""

import argparse
import hashlib
import json
import lzma
import math
import sys
import tarfile
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

from monitor.errors import InputRefused
from monitor.model import Item
from monitor.rulepacks import compile_query, load

THEMES = {
    "wagner_group": ("wagner", "Wagner* OR Вагнер* OR Prigozhin* OR Пригожин*"),
    "belarus_election": (
        "belarus-election",
        (
            "Belarus* OR Беларус* OR Белорус* OR Lukashenk* OR Лукашенк*"
            " OR Białorus* OR Tikhanovskaya OR Тихановск*"
        ),
    ),
    "russia_energy_disputes": (
        "russia-energy",
        (
            'Gazprom* OR Газпром* OR "Nord Stream" OR (Russia* AND (gas OR oil))'
            " OR нефт* OR газ"
        ),
    ),
}
TUNED = 0.6


def judged(folder):
    """Yield (set, theme, row) of every judgement in the folder, each once."""
    seen = set()
    for place, line in written(folder):
        row = read(place, line)
        kind = "census" if "labels" in row else "judged"
        labels = row.get("labels") or {row.get("theme"): row.get("label")}
        tiers = row.get("tier") or ""
        for theme, label in labels.items():
            key = (kind, theme, row.get("id"))
            if theme not in THEMES or label is None or key in seen:
                continue
            seen.add(key)
            tier = tiers.get(theme, "") if isinstance(tiers, dict) else tiers
            yield kind, theme, row | {"label": int(label), "tier": tier}


def read(place, line):
    try:
        row = json.loads(line) if line.strip() else {}
    except ValueError as error:
        sys.exit(f"{place}: not JSON: {error}")
    if not isinstance(row, dict):
        sys.exit(f"{place}: a line holds one JSON object")
    if ("labels" in row or "label" in row) and not row.get("id"):
        sys.exit(f"{place}: a judged item has an id")
    return row | {name: str(row[name]) for name in ("id", "published") if row.get(name)}


def written(folder):
    """Yield (place, line) of every line of judged items in a folder, or in one file."""
    for path in sorted(folder.rglob("*")) if folder.is_dir() else [folder]:
        if path.name.endswith((".tar", ".tar.xz", ".tar.gz")):
            with tarfile.open(path) as archive:
                for member in archive:
                    if member.name.endswith(".jsonl"):
                        lines = archive.extractfile(member)
                        yield from numbered(f"{path}/{member.name}", lines)
        elif path.name.endswith((".jsonl", ".jsonl.xz")):
            opened = lzma.open if path.suffix == ".xz" else open
            with opened(path, "rb") as lines:
                yield from numbered(path, lines)


def numbered(path, lines):
    for number, line in enumerate(lines, 1):
        yield f"{path}:{number}", line


def item_of(row):
    texts = {name: row.get(name) or "" for name in ("title", "summary", "body")}
    named = ("lang", "source", "url", "country")
    rest = {name: row.get(name) or "" for name in named}
    moment = published(row)
    return Item(id=row["id"], feed="", key=row["id"], published=moment, **texts, **rest)


def published(row):
    """Return its moment; none where it names none, or none that can be read."""
    try:
        moment = datetime.fromisoformat(row["published"])
    except (KeyError, TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def part_of(row):
    story = row.get("story_cluster") or quarter(row.get("published") or row["id"])
    share = int(hashlib.sha256(str(story).encode()).hexdigest()[:8], 16) / 2**32
    if share < TUNED:
        return "tune"
    return "check" if hashlib.sha256(f"x{story}".encode()).digest()[0] % 2 else "held"


def quarter(published):
    hour = published[11:13]
    return f"{published[:10]} {int(hour) // 6 if hour.isdigit() else ''}"


def rate(hits, of):
    """Return a share with its interval (Wilson 1927), or none where nothing counts."""
    if not of:
        return {"value": None, "low": None, "high": None, "n": 0}
    z, p = 1.959964, hits / of
    middle = (p + z * z / (2 * of)) / (1 + z * z / of)
    half = z * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return {
        "value": p,
        "low": max(0.0, middle - half),
        "high": min(1.0, middle + half),
        "n": of,
    }


def figures(rows, found):
    """Return precision and recall of the found ids among judged rows."""
    wanted = {row["id"] for row in rows if row["label"] == 1}
    got = {row["id"] for row in rows if row["id"] in found}
    both = len(wanted & got)
    return {
        "items": len(rows),
        "precision": rate(both, len(got)),
        "recall": rate(both, len(wanted)),
    }


def groups(rows, name):
    grouped = defaultdict(list)
    for row in rows:
        grouped[row.get(name) or "?"].append(row)
    return sorted(grouped.items(), key=lambda pair: -len(pair[1]))


def measure(folder, part):
    try:
        book = load([Path(__file__).resolve().parent.parent / "rules"])
    except InputRefused as refused:
        sys.exit(f"the packs have faults; nothing was measured\n{refused}")
    themes = {rule.id: rule.theme for rule in book.rules.values()}
    plain = {name: compile_query(keywords) for name, (_, keywords) in THEMES.items()}
    rows, ours, searched, rules, known = defaultdict(list), set(), set(), {}, {}
    for kind, name, row in judged(folder):
        if part not in {"all", part_of(row)}:
            continue
        key, item = (kind, name), item_of(row)
        rows[key].append(row)
        if item.id not in known:
            known[item.id] = [m.rule_id for m in book.match(item)]
        fired = [r for r in known[item.id] if themes[r] == THEMES[name][0]]
        rules[*key, item.id] = fired
        if fired:
            ours.add((*key, item.id))
        if plain[name].match(item) is not None:
            searched.add((*key, item.id))
    for (kind, name), here in sorted(rows.items()):
        mine = {i for *key, i in ours if key == [kind, name]}
        theirs = {i for *key, i in searched if key == [kind, name]}
        yield {
            "theme": name,
            "set": kind,
            "part": part,
            **figures(here, mine),
            "keywords": figures(here, theirs),
            "by_lang": {k: figures(some, mine) for k, some in groups(here, "lang")},
            "by_tier": {k: figures(some, mine) for k, some in groups(here, "tier")},
            "errors": [
                {
                    "id": row["id"],
                    "kind": "missed" if row["label"] else "wrong",
                    "tier": row.get("tier", ""),
                    "lang": row.get("lang", ""),
                    "title": row.get("title", ""),
                    "summary": row.get("summary", ""),
                    "rules": rules[kind, name, row["id"]],
                }
                for row in sorted(here, key=lambda row: row.get("lang") or "")
                if (row["id"] in mine) != (row["label"] == 1)
            ],
        }


def shown(share):
    if share["value"] is None:
        return f"{'-':>18}"
    return f"{share['value']:6.3f} [{share['low']:.2f}-{share['high']:.2f}]"


def line(name, of):
    print(
        f"  {name:16} {of['items']:5}  {shown(of['precision'])}  {shown(of['recall'])}"
    )


def tell(theme, errors):
    print(f"{theme['theme']}, {theme['set']}, part {theme['part']}")
    print(f"  {'':16} items  precision           recall")
    line("pack", theme)
    line("keywords", theme["keywords"])
    for kind in ("by_lang", "by_tier"):
        for name, of in theme[kind].items():
            line(f"{kind[3:]} {name}", of)
    if errors:
        for one in theme["errors"]:
            rules = f" ({', '.join(one['rules'])})" if one["rules"] else ""
            print(
                f"    {one['kind']} [{one['tier']}] {one['lang']}"
                f" {one['title'][:150]} | {one['summary'][:130]}{rules}"
            )


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    own = Path(__file__).resolve().parent / "samples"
    parser.add_argument("folder", type=Path, nargs="?", default=own)
    parser.add_argument(
        "--part", choices=["tune", "check", "held", "all"], default="all"
    )
    parser.add_argument("--errors", action="store_true", help="list what was wrong")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not options.folder.exists():
        sys.exit(f"{options.folder} does not exist")
    found = list(measure(options.folder, options.part))
    if not found:
        sys.exit(f"{options.folder} holds no judged items; nothing was measured")
    if options.json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
        return
    for theme in found:
        tell(theme, options.errors)


if __name__ == "__main__":
    main()
