"""The engines that are set against each other. All answer: which rules fire.

The alternatives find words; none of them knows the rule language. Each calls up rules by
what it finds, and a second stage decides what it cannot: two clauses, NEAR, NOT. There
are two such stages, and both are measured:

- written for the purpose, as a script would have it: sets and positions over the words
  that the scanner read. It knows this one form of rule and nothing else of the language;
  no fields, no inflection, no EXCEPT, no word of what satisfied which clause.
- `+clauses`: the very clauses that ours runs, after a set test on a second clause.

Texts are folded and split for all by the same remembered look-ups.
"""

import re
from collections import defaultdict

from monitor.detect.compiled import Compiled
from monitor.detect.compiling import Compiler
from monitor.detect.engine import Engine
from monitor.detect.lexicon import Lexicon
from monitor.detect.query import parse
from monitor.detect.text import words
from monitor.detect.view import View

GAP = ["|"] * 8
"""Between two fields: more than any NEAR of the drawn rules reaches."""


def clauses(rules):
    """Return the rules ready to run, and the lexicon that they share."""
    lexicon = Lexicon()
    compiler = Compiler(lexicon, {})
    return [compiler.compile(parse(rule.query()).tree) for rule in rules], lexicon


class Tocsin:
    """Ours, as the daemon runs it."""

    def __init__(self, rules):
        """Build the engine."""
        compiled, lexicon = clauses(rules)
        self.engine = Engine(
            [Compiled(id=n, clause=clause) for n, clause in enumerate(compiled)],
            lexicon,
        )

    batch = 16
    """Items at once, as one poll of a feed brings them."""

    def fired_all(self, items):
        """Return for each item the numbers of the rules that fire."""
        return [
            [rule.id for rule in fired] for fired, _ in self.engine.fired_all(items)
        ]


class OneByOne(Tocsin):
    """Ours, an item at a time."""

    batch = 1


class WithEvidence(Tocsin):
    """Ours, with the words that made each rule fire."""

    def fired_all(self, items):
        """Return for each item the numbers of the rules that fire."""
        return [[hit.rule.id for hit in hits] for hits in self.engine.match_all(items)]


def normalised(item):
    """Return an item's folded words, fields kept apart, none within reach of another."""
    found = words(item.title)
    for text in (item.summary, item.body):
        if text:
            found = [*found, *GAP, *words(text)]
    return found


def anchors(rule):
    """Return for each entity what a scanner looks for: all of the term."""
    return [" ".join(term) for term in rule.entities]


class _Scanned:
    """Rules called up by what a scanner finds of their entities."""

    def __init__(self, rules):
        called = defaultdict(list)
        for number, rule in enumerate(rules):
            for anchor in anchors(rule):
                called[anchor].append(number)
        self.called = [tuple(numbers) for numbers in called.values()]
        # Words stand between blanks: a prefix is one whose end is open.
        self.patterns = [
            f" {anchor[:-1]}" if anchor.endswith("*") else f" {anchor} "
            for anchor in called
        ]
        self.build()
        self.prepare(rules)

    def fired(self, item):
        """Return the numbers of the rules that fire."""
        split = normalised(item)
        called = set()
        for hit in self.found(f" {' '.join(split)} "):
            called.update(self.called[hit])
        return self.decided(called, split, item) if called else []


class _ByHand:
    """The second stage of a script, for rules of the drawn form alone."""

    def prepare(self, rules):
        """Make sets of what each rule wants besides its entities."""
        self.contexts = [frozenset(t[0] for t in rule.contexts) for rule in rules]
        self.near = [rule.near for rule in rules]
        self.absent = [frozenset(rule.absent) for rule in rules]

    def decided(self, called, split, item):  # noqa: ARG002 - the other stage needs it
        """Return those that hold; an entity of each stands there already."""
        present, held = set(split), []
        for number in called:
            if not self.absent[number].isdisjoint(present):
                continue
            if self.contexts[number].isdisjoint(present):
                one, two, reach = self.near[number]
                if one not in present or two not in present:
                    continue
                if not _close(split, one, two, reach):
                    continue
            held.append(number)
        held.sort()
        return held


def _close(split, one, two, reach):
    first = [place for place, word in enumerate(split) if word == one]
    second = [place for place, word in enumerate(split) if word == two]
    return any(0 < abs(a - b) <= reach + 1 for a in first for b in second)


class _ByClauses:
    """The second stage that runs our clauses."""

    def prepare(self, rules):
        """Compile the rules, and make sets of their second clauses."""
        self.clauses, self.lexicon = clauses(rules)
        self.needs = [
            frozenset([*(t[0] for t in rule.contexts), rule.near[0]]) for rule in rules
        ]

    def decided(self, called, split, item):
        """Return those that hold."""
        present, needs = set(split), self.needs
        called = [n for n in called if not needs[n].isdisjoint(present)]
        if not called:
            return []
        view = View(item, self.lexicon)
        return sorted(n for n in called if self.clauses[n].holds(view))


class _AhoCorasick(_Scanned):
    def build(self):
        """Build the automaton."""
        import ahocorasick_rs  # noqa: PLC0415 - only where it is measured

        self.automaton = ahocorasick_rs.AhoCorasick(self.patterns)

    def found(self, text):
        """Return the numbers of the patterns in a text."""
        found = self.automaton.find_matches_as_indexes(text, overlapping=True)
        return {one[0] for one in found}


class _Hyperscan(_Scanned):
    def build(self):
        """Build the database."""
        import hyperscan  # noqa: PLC0415 - only where it is measured

        self.database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        self.database.compile(
            expressions=[re.escape(p).encode() for p in self.patterns],
            ids=list(range(len(self.patterns))),
            elements=len(self.patterns),
            flags=hyperscan.HS_FLAG_SINGLEMATCH,
        )

    def found(self, text):
        """Return the numbers of the patterns in a text."""
        hits = set()
        self.database.scan(
            text.encode(), match_event_handler=lambda hit, *_: hits.add(hit)
        )
        return hits


class AhoCorasick(_ByHand, _AhoCorasick):
    """ahocorasick_rs with a second stage by hand."""


class AhoCorasickClauses(_ByClauses, _AhoCorasick):
    """ahocorasick_rs with our clauses."""


class Hyperscan(_ByHand, _Hyperscan):
    """Hyperscan's literals with a second stage by hand."""


class HyperscanClauses(_ByClauses, _Hyperscan):
    """Hyperscan's literals with our clauses."""


class RePerRule:
    """One `re` a rule, as a script would have it."""

    def __init__(self, rules):
        """Compile a pattern a rule."""
        self.compiled = [re.compile(_pattern(rule)) for rule in rules]

    def fired(self, item):
        """Return the numbers of the rules that fire."""
        text = f" {' '.join(normalised(item))} "
        return [n for n, pattern in enumerate(self.compiled) if pattern.match(text)]


def _pattern(rule):
    entities = "|".join(
        re.escape(a[:-1]) if a.endswith("*") else f"{re.escape(a)} "
        for a in anchors(rule)
    )
    one, two, reach = re.escape(rule.near[0]), re.escape(rule.near[1]), rule.near[2]
    between = f"(?:[^ ]+ ){{0,{reach}}}"
    contexts = "|".join(f"{re.escape(term[0])} " for term in rule.contexts)
    near = f"{one} {between}{two} |{two} {between}{one} "
    absent = "|".join(map(re.escape, rule.absent))
    return f"(?=.* (?:{entities}))(?=.* (?:{contexts}|{near}))(?!.* (?:{absent}) )"


class Tantivy:
    """tantivy in reverse: a batch of items is indexed, and each rule searches it."""

    batch = 1_000

    def __init__(self, rules):
        """Build a query a rule."""
        import tantivy  # noqa: PLC0415 - only where it is measured

        self.tantivy = tantivy
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("text", stored=False, tokenizer_name="whitespace")
        builder.add_unsigned_field("number", fast=True)
        self.schema = builder.build()
        self.clauses, self.lexicon = clauses(rules)
        self.queries = [self._query(rule) for rule in rules]

    def _term(self, word):
        return self.tantivy.Query.term_query(self.schema, "text", word)

    def _any(self, queries):
        should = self.tantivy.Occur.Should
        return self.tantivy.Query.boolean_query([(should, one) for one in queries])

    def _query(self, rule):
        query, occur = self.tantivy.Query, self.tantivy.Occur
        entities = []
        for term in rule.entities:
            if len(term) > 1:
                entities.append(query.phrase_query(self.schema, "text", list(term)))
            elif term[0].endswith("*"):
                pattern = f"{re.escape(term[0][:-1])}.*"
                entities.append(query.regex_query(self.schema, "text", pattern))
            else:
                entities.append(self._term(term[0]))
        both = query.boolean_query(
            [(occur.Must, self._term(word)) for word in rule.near[:2]]
        )
        contexts = [self._term(term[0]) for term in rule.contexts]
        absent = [(occur.MustNot, self._term(word)) for word in rule.absent]
        return query.boolean_query(
            [
                (occur.Must, self._any(entities)),
                (occur.Must, self._any([*contexts, both])),
                *absent,
            ]
        )

    def fired_all(self, items):
        """Return for each item of a batch the numbers of the rules that fire."""
        index = self.tantivy.Index(self.schema)
        writer = index.writer(heap_size=50_000_000, num_threads=1)
        for number, item in enumerate(items):
            document = self.tantivy.Document()
            document.add_text("text", " ".join(normalised(item)))
            document.add_unsigned("number", number)
            writer.add_document(document)
        writer.commit()
        index.reload()
        searcher = index.searcher()
        views = [View(item, self.lexicon) for item in items]
        fired = [[] for _ in items]
        for rule, query in enumerate(self.queries):
            for _, address in searcher.search(
                query, limit=len(items), order_by_field="number"
            ).hits:
                # One segment in the order of writing: the address is the number.
                # NEAR in any order is not tantivy's to say.
                if self.clauses[rule].holds(views[address.doc]):
                    fired[address.doc].append(rule)
        return fired


ENGINES = {
    "tocsin": Tocsin,
    "tocsin+single": OneByOne,
    "tocsin+evidence": WithEvidence,
    "re": RePerRule,
    "ahocorasick_rs": AhoCorasick,
    "ahocorasick_rs+clauses": AhoCorasickClauses,
    "hyperscan": Hyperscan,
    "hyperscan+clauses": HyperscanClauses,
    "tantivy": Tantivy,
}
NEEDS = {
    "ahocorasick_rs": "ahocorasick_rs",
    "ahocorasick_rs+clauses": "ahocorasick_rs",
    "hyperscan": "hyperscan",
    "hyperscan+clauses": "hyperscan",
    "tantivy": "tantivy",
}
