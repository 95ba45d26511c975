"""A count and its noun, as English says them."""


def counted(count: int, one: str, many: str = "") -> str:
    """Return "1 report", "2 reports"; `many` where no `s` makes it."""
    return f"{count} {one if count == 1 else many or one + 's'}"
