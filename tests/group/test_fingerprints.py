

@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("80.10", "80.10"),
        ("80,10", "80.10"),
        ("10,000", "10000"),
        ("1.250.000", "1250000"),
        ("10000", "10000"),
    ],
)
def test_a_number_is_the_same_however_it_is_marked(written: str, number: str) -> None:
    assert fingerprints.number(written) == number
