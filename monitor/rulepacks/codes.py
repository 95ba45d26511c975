"""The codes of faults in rules: stable, so that people can look them up."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """What one code means, and the shortest text that has it."""

    meaning: str
    example: str


CODES: Mapping[str, Code] = {
    "Q100": Code("the query is empty", ""),
    "Q101": Code("a character that means nothing", "gas ^ oil"),
    "Q102": Code("a quotation mark is never closed", '"price cap'),
    "Q103": Code("a bracket is never closed", "(gas OR oil"),
    "Q104": Code("no bracket is open", "gas OR oil)"),
    "Q105": Code("no operator between two terms", "gas oil"),
    "Q106": Code("a term is missing, or a comma stands outside n OF", "gas AND"),
    "Q107": Code(
        "an operator in lower case, or as it is written elsewhere", "gas and oil"
    ),
    "Q108": Code("a brace stands alone", "{US"),
    "Q109": Code("a comment takes the rest with it", "gas # fuel AND oil"),
    "Q110": Code("unknown field", "titel:gas"),
    "Q111": Code("NEAR without a distance", "gas NEAR/x oil"),
    "Q112": Code("NEAR over more than 100 words", "gas NEAR/500 oil"),
    "Q113": Code(
        "NEAR, EXCEPT or ATLEAST on what has no place in the text",
        "(gas AND oil) NEAR/5 price",
    ),
    "Q116": Code("a field inside a field", "title:(gas OR lead:oil)"),
    "Q117": Code("lang: or country: with what is no code", "gas AND country:Belarus"),
    "Q120": Code("fewer than three letters beside wildcards", "ga*"),
    "Q122": Code("no letter and no digit", '"!"'),
    "Q123": Code("wildcards in a case-sensitive term", "{NAT*}"),
    "Q130": Code("no forms are known for the language", "gas~xx"),
    "Q131": Code("~ behind no word", "gas AND ~"),
    "Q132": Code("~ with a wildcard", "mercenar*~"),
    "Q133": Code("~ inside a phrase", '"mercenary~ chief"'),
    "Q140": Code("a count out of range", "3 OF (gas, oil)"),
    "Q141": Code("OF without a list", "2 OF gas"),
    "Q150": Code("unknown definition", "@nobody"),
    "Q151": Code("a definition leads back to itself", "defs: {a: '@a'}"),
    "Q152": Code("a definition's name cannot be", "@"),
    "Q153": Code("a definition is no query and no list of terms", "defs: {a: 5}"),
    "Q154": Code(
        "an import that cannot be used",
        "imports: {places.yaml: [gas]}, and places.yaml has no defs",
    ),
    "Q155": Code(
        "a definition has the name of an imported one",
        "imports: {places.yaml: [gas]}, defs: {gas: [gas]}",
    ),
    "Q160": Code("nothing in the query must be there", "NOT gas"),
    "Q170": Code("the query is longer than 50,000 characters", "gas OR oil OR ..."),
    "Q171": Code("nested deeper than 40 levels", "((( ... gas ... )))"),
    "Q172": Code("definitions grow without bounds", "defs: {b: '@a OR @a OR ...'}"),
    "Q301": Code(
        "warning: OR beside AND, NEAR or EXCEPT without brackets",
        "gas OR oil AND price",
    ),
    "Q302": Code("warning: a term that its list finds already", '"oil gas" OR gas'),
    "Q303": Code("warning: a term must be there and must not", "gas NOT gas*"),
    "Q304": Code("warning: a clause that never matters", "gas OR (gas AND oil)"),
    "Q305": Code("warning: a NEAR that cannot be met", "title:gas NEAR/3 body:oil"),
    "Q306": Code("warning: EXCEPT takes all of a term away", "gas EXCEPT gas*"),
    "Q307": Code("warning: an operator inside a phrase", "defs: {a: [gas OR oil]}"),
    "Q308": Code(
        "warning: ~ in a list of a language without forms", "defs: {a: {ro: [vot~]}}"
    ),
    "Q309": Code("warning: an acronym that is a word without its dots", "U.S. AND gas"),
    "R101": Code("two rules have one id", "rules: [{id: a, ...}, {id: a, ...}]"),
    "R102": Code(
        "a sequence waits for a rule that does not exist",
        "trigger: {type: sequence, after: [nobody], timeframe: 3d}",
    ),
    "R103": Code(
        "warning: a sequence waits for a rule that is switched off",
        "trigger: {type: sequence, after: [a], ...}, and a has enabled: false",
    ),
    "R104": Code("warning: every rule is switched off", "enabled: false"),
    "R105": Code(
        "no day lies between since and until",
        'where: {since: "2020-08-10", until: "2020-08-09"}',
    ),
    "R201": Code("an example does not match that must", "tests: {hit: [...]}"),
    "R202": Code("an example matches that must not", "tests: {miss: [...]}"),
    "R301": Code(
        "warning: no example notices when a part is dropped (rules test --mutate)",
        "match: gas OR oil, and every example has gas",
    ),
    "R302": Code("warning: a definition that no rule uses", "defs: {spare: [gas]}"),
    "R303": Code("warning: two rules always fire together", "one query, two ids"),
    "R304": Code(
        "warning: where: can never hold", "where: {lang: [ru]}, match: gas AND lang:en"
    ),
    "R305": Code(
        "warning: a grade that every story has",
        "corroboration: {sources: 2, grade: F6}",
    ),
    "R306": Code(
        "warning: a term mostly finds words of another language (rules lint --corpus)",
        "defs: {quarrel: {pl: ['spor*']}}, and the items are on sport",
    ),
}
