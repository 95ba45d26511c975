"""Two reports compared anew: would they be taken for one event, and why; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.group.clusters import Cluster
from monitor.group.levels import Level
from monitor.group.stories import Window
from monitor.group.words import likely, reasons
from monitor.model import Item


@dataclass(frozen=True, slots=True)
class Compared:
    """A report, compared with a story as the grouping would do it."""

    score: float
    """How likely they are one event, 0 to 1."""
    same: float
    """From where on a report joins."""
    because: tuple[tuple[str, float], ...]
    """Features and what each added to the log-odds, strongest first."""
    nearest: str
    """The story's report that is most like it."""
    level: str

    @property
    def words(self) -> str:
        """The same as a sentence."""
        joins = self.score >= self.same
        taken = "would join" if joins else "would not join"
        score, asked = likely(self.score), likely(self.same)
        if score == asked and not joins:
            score = f"just under {asked}"
        said = f"{score} likely to be one event, {asked} are asked for"
        return f"it {taken}: {said}{reasons(self.because, joined=joins)}"


def compare(item: Item, story: Sequence[Item], level: Level | None = None) -> Compared:
    """Compare an item with the reports of a story; ValueError without any.

    At the base level, if none is given.

    Rarity of words is as usual: what else was in the window at the time is not known.
    """
    if not story:
        raise ValueError("a story has a report")
    window = Window(level)
    window.prepare([*story, item])
    cluster = Cluster("story")
    for report in story:
        cluster.add(window.read(report))
    (found,) = window.weigh(window.read(item), [cluster])
    return Compared(
        score=found.score,
        same=window.same,
        because=found.because,
        nearest=found.nearest.item_id,
        level=window.version,
    )
