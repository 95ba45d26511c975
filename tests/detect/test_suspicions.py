"""Legal queries that surely mean something else are told apart from good ones."""

import pytest

from monitor.detect.query import parse
from monitor.detect.suspicions import suspicions


@pytest.mark.parametrize(
    ("query", "code", "at"),
    [
        ('"Wagner Group" OR Wagner', "Q302", 0),
        ("sanctions OR sanction*", "Q302", 0),
        ("gas OR gas", "Q302", 7),
        ("(gas OR gas*) NEAR/3 oil", "Q302", 1),
        ("вагнеровцы~ OR вагнеров*", "Q302", 0),
        ("{KGB} OR kgb", "Q302", 0),
        ("gas NOT gas", "Q303", 4),
        ("gas OR (gas AND oil)", "Q304", 8),
        ("gas AND (gas OR oil)", "Q304", 9),
        ("gas AND (gas* OR oil)", "Q304", 9),
        ("gas* OR (gas AND oil)", "Q304", 9),
        ("gas AND gas*", "Q304", 8),
        ('"gas field" AND gas', "Q304", 16),
        ("gas AND gas", "Q304", 8),
        ("gas AND oil NOT gas*", "Q303", 12),
        ('"gas field" NOT (oil OR gas)', "Q303", 12),
        ("title:gas NEAR/3 body:oil", "Q305", 0),
        ("(title:gas OR title:oil) NEAR/3 (body:coal OR body:peat)", "Q305", 1),
        ("lead:gas NEAR/3 source:baltic", "Q305", 0),
        ('(gas EXCEPT "gas oil") ONEAR/0 oil', "Q305", 1),
        ('gas ONEAR/0 (oil EXCEPT "gas* oil")', "Q305", 0),
        ('(gas EXCEPT ("gas oil" OR "oil gas")) NEAR/0 oil', "Q305", 1),
        ("gas EXCEPT gas*", "Q306", 0),
        ('("oil gas" OR coal) EXCEPT "oil gas*"', "Q306", 1),
        ("(gas EXCEPT gas) NEAR/5 oil", "Q306", 1),
        ('"oil gas" EXCEPT gas', "Q306", 0),
        ('"cheap oil gas" EXCEPT "oil gas"', "Q306", 0),
    ],
)
def test_what_can_never_matter_is_named(query: str, code: str, at: int) -> None:
    assert [(one.code, one.start) for one in suspicions(parse(query).tree)] == [
        (code, at)
    ]


@pytest.mark.parametrize(
    "query",
    [
        '"Wagner Group" AND group*ing',
        "gas* AND (gas OR oil)",
        "gas* NOT gas",
        "gas NEAR/3 gas*",
        "(title:gas OR oil) NEAR/3 body:coal",
        "sanction OR sanctions",
        "{US} OR {EU}",
        "gas~ OR газ~",
        'Wagner EXCEPT ("Richard Wagner" OR "Robert Wagner")',
        'gas EXCEPT "oil gas"',
        '"oil gas" EXCEPT "gas oil"',
        "gas* EXCEPT gas",
        "gas~ EXCEPT gas",
        '(gas EXCEPT "gas oil") NEAR/0 oil',
        '(gas EXCEPT "gas oil") ONEAR/1 oil',
        '(gas EXCEPT "gas oil") NOT NEAR/0 oil',
        '(gas EXCEPT "gas oil") ONEAR/0 coal',
        "title:gas NEAR/3 title:oil",
        "lead:gas NEAR/3 title:oil",
        "(gas OR oil) AND (gas OR coal)",
        '("oil gas" OR gas) NEAR/0 price',
        'oil EXCEPT ("oil gas" OR gas)',
        'ATLEAST/2 ("oil gas" OR gas)',
    ],
)
def test_what_may_matter_is_left_alone(query: str) -> None:
    assert suspicions(parse(query).tree) == []


def test_what_stands_apart_on_purpose_is_told_to_be_a_not() -> None:
    (near,) = suspicions(parse("title:gas NEAR/3 body:oil").tree)
    (apart,) = suspicions(parse("title:gas NOT NEAR/3 body:oil").tree)
    assert (near.mend[:10], apart.mend[:10]) == ("write AND,", "write NOT,")
