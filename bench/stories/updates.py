"""How well news of a story is told from its paraphrases, and which stories become one.

    python bench/stories/updates.py [--level base] [--json] [--list]

updates.jsonl holds stories of our own, report after report, in eight languages; `news`
names what is new in each against those before it, by the kinds of `novelty.News`.

precision  of the reports told as news, those in which something is
recall     of those in which something is new, the ones that are told
kinds      the same for each kind of news

merges.jsonl holds reports in order: three reports of one event, of which the last
says what the first two say apart, and sequences of two events. What is streamed is grouped and merged as the daemon does.

merged     of the events that began as several stories, those that are one in the end
wrongly    of the sequences of several events, those in which two end in one story
--list     names each report and sequence that was taken wrongly
"""

import argparse
import json
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ends import Ends

from monitor.app import levels
from monitor.group.facts import known_of
from monitor.group.levels import LevelName
from monitor.group.merging import rivals
from monitor.group.novelty import news
from monitor.group.stories import Window
from monitor.model import Item

HERE = Path(__file__).parent
START = datetime(2022, 9, 1, tzinfo=UTC)
EACH = timedelta(minutes=20)


def read(name):
    """Return the stories of a file: their rows, in order."""
    found = defaultdict(list)
    for line in (HERE / name).read_text("utf-8").splitlines():
        row = json.loads(line)
        found[row["story"]].append(row)
    return found


def item(row, number):
    ident = f"{row['story']} {number}"
    return Item(
        id=ident,
        feed="",
        key=ident,
        title=row["title"],
        summary=row["body"],
        lang=row["lang"],
        source=row["source"],
        published=START + number * EACH,
    )


def updates():
    """Yield (row, kinds that are told) of each report but the first of its story."""
    for rows in read("updates.jsonl").values():
        before = []
        for number, row in enumerate(rows):
            one = item(row, number)
            if before:
                yield row, {new.kind for new in news(one, known_of(before))}
            before.append(one)


def of_updates(found):
    counts = Counter()
    for row, told in found:
        expected = set(row["news"])
        counts["told"] += bool(told)
        counts["new"] += bool(expected)
        counts["rightly"] += bool(told and expected)
        for kind in told | expected:
            counts[kind, "told"] += kind in told
            counts[kind, "new"] += kind in expected
            counts[kind, "rightly"] += kind in told & expected
    kinds = sorted({key[0] for key in counts if isinstance(key, tuple)})
    by_kind = {
        kind: {part: counts[kind, part] for part in ("new", "told", "rightly")}
        for kind in kinds
    }
    return {
        "reports": len(found),
        "precision": counts["rightly"] / counts["told"],
        "recall": counts["rightly"] / counts["new"],
        "kinds": by_kind,
    }


def merges(level):
    """Yield (story, events of its reports, stories as they began, and in the end)."""
    for name, rows in read("merges.jsonl").items():
        window, ends, begun = Window(level), Ends(), []
        window.prepare([item(row, number) for number, row in enumerate(rows)])
        for number, row in enumerate(rows):
            one = item(row, number)
            made = window.decide(one)
            found = rivals(window, one, made)
            ends.join(made.story_id, [rival.story_id for rival in found])
            window.add(one, made.story_id, made.related_to)
            begun.append(made.story_id)
        yield (
            name,
            [row["event"] for row in rows],
            begun,
            [ends.of(story) for story in begun],
        )


def of_merges(found):
    counts = Counter()
    for _, events, begun, ends in found:
        if len(set(events)) == 1:
            apart = len(set(begun)) > 1
            counts["one event"] += 1
            counts["began apart"] += apart
            counts["merged"] += apart and len(set(ends)) == 1
        else:
            owners = defaultdict(set)
            for event, end in zip(events, ends, strict=True):
                owners[end].add(event)
            counts["two events"] += 1
            counts["wrongly"] += any(len(of) > 1 for of in owners.values())
    return dict(counts)


def shown(found, merged):
    yield (
        f"{found['reports']} later reports: precision {found['precision']:.2f}, "
        f"recall {found['recall']:.2f}"
    )
    for kind, of in found["kinds"].items():
        yield f"  {kind:12} {of['rightly']} of {of['new']} found, {of['told']} told"
    yield (
        f"merges: {merged['merged']} of the {merged['began apart']} events that began as "
        f"several stories ({merged['one event']} in all); wrongly {merged['wrongly']} of "
        f"{merged['two events']}"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument(
        "--level", choices=[name.value for name in LevelName], default="base"
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--list", action="store_true", help="what was taken wrongly")
    options = parser.parse_args()
    told = list(updates())
    joined = list(merges(levels.level(options.level)))
    found, merged = of_updates(told), of_merges(joined)
    if options.json:
        print(json.dumps({"updates": found, "merges": merged}))
        return
    print("\n".join(shown(found, merged)))
    if options.list:
        for row, kinds in told:
            if kinds != set(row["news"]):
                print(f"{row['title']}: told {sorted(kinds)}, new {row['news']}")
        for name, events, begun, ends in joined:
            print(name, events, [len(set(begun)), len(set(ends))])


if __name__ == "__main__":
    main()
