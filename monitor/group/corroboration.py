"""How many independent sources report a story; pure."""

from collections.abc import Iterable

from monitor.model import Source


def independent(sources: Iterable[Source]) -> tuple[str, ...]:
    """Return the distinct voices among the outlets, in order of appearance.

    Outlets of one owner are one voice: they share newsrooms, wires and interests.
    """
    return tuple(dict.fromkeys(source.owner or source.name for source in sources))
