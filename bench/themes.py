"""How well the shipped packs find their themes: precision and recall on judged items.

    python bench/themes.py FOLDER [--misses]

FOLDER holds THEME.dev.jsonl files of judged items (id, title, summary, body, lang,
source, url, theme, label 1 or 0, tier). Each is set against the pack of the theme
and against a search for the theme's plain keywords, on the same items.
"""

import argparse
import json
import sys
from pathlib import Path

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
            "Gazprom* OR Газпром* OR 'Nord' OR (Russia* AND (gas OR oil))"
            ' OR "Nord Stream" OR нефт* OR газ'
        ),
    ),
}


def items(path):
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        item = Item(
            id=row["id"],
            feed="",
            key=row["id"],
            title=row["title"],
            summary=row.get("summary", ""),
            body=row.get("body", ""),
            lang=row.get("lang", ""),
            source=row.get("source", ""),
            url=row.get("url", ""),
        )
        yield item, row


def figures(found, wanted):
    both = len(found & wanted)
    precision = both / len(found) if found else 0.0
    recall = both / len(wanted) if wanted else 0.0
    total = precision + recall
    return precision, recall, 2 * precision * recall / total if total else 0.0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--misses", action="store_true", help="list what was wrong")
    options = parser.parse_args()
    book = load([Path(__file__).resolve().parent.parent / "rules"])
    themes = {rule.id: rule.theme for rule in book.rules.values()}
    shown = False
    print(f"{'theme':24} {'':10} precision  recall     F1  (core recall)")
    for name, (theme, keywords) in THEMES.items():
        path = options.folder / f"{name}.dev.jsonl"
        if not path.is_file():
            continue
        shown = True
        rows = list(items(path))
        wanted = {i.id for i, row in rows if row["label"] == 1}
        core = {i.id for i, row in rows if row.get("tier") == "core"}
        ours = {
            i.id
            for i, _ in rows
            if any(themes[m.rule_id] == theme for m in book.match(i))
        }
        plain = compile_query(keywords.replace("'", '"'))
        searched = {i.id for i, _ in rows if plain.match(i) is not None}
        for label, found in (("pack", ours), ("keywords", searched)):
            precision, recall, f1 = figures(found, wanted)
            of_core = len(found & core) / len(core) if core else 0.0
            print(
                f"{name:24} {label:10} {precision:9.3f} {recall:7.3f} {f1:6.3f}"
                f"  ({of_core:.3f})"
            )
        if options.misses:
            for item, row in rows:
                if (item.id in ours) != (row["label"] == 1):
                    kind = "MISSED" if row["label"] else "WRONG"
                    print(
                        f"  {kind} [{row.get('tier')}] {item.lang} {item.title[:110]}"
                    )
    if not shown:
        sys.exit(
            f"{options.folder} holds no THEME.dev.jsonl file; nothing was measured"
        )


if __name__ == "__main__":
    main()
