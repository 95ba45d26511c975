"""What stories are in the end, when later reports have shown some to be one."""


class Ends:
    """Stories, and which of them are one."""

    def __init__(self):
        """Begin with each a story of its own."""
        self._heads = {}

    def join(self, story, others):
        """Make others one with a story."""
        for other in others:
            taken, taker = self.of(other), self.of(story)
            if taken != taker:
                self._heads[taken] = taker

    def of(self, story):
        """Return the story that one is part of in the end."""
        while story in self._heads:
            story = self._heads[story]
        return story
