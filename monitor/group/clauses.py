"""Whether what a sentence names is said to be so, in one language: not denied or called for; pure."""

from monitor.group import vocabulary
from monitor.group.tokens import ABSENT, PAUSES

OBJECT = 3
"""Words from a denial to what it denies."""
_WANTED = frozenset({"released", "resumed", "halted", "lifted", "imposed"}) | {
    "cancelled", "postponed", "sentenced"
}  # fmt: skip
"""States that people call for long before they come about."""
_CALLS = [[call, on] for call in ("calls", "called", "calling") for on in ("for", "on")]
_WANTED_WITHIN = 6
"""Words between what is called for and who calls, at most."""


class Clauses:
    """The tokens of a sentence, parted by its commas, and what its words mean."""

    def __init__(self, tokens: list[str], lang: str) -> None:
        self._tokens: list[str] = []
        self._pauses: set[int] = set()
        """Places before which a comma stands."""
        for token in tokens:
            if token in PAUSES:
                self._pauses.add(len(self._tokens))
            else:
                self._tokens.append(token)
        self._words = vocabulary.words(lang)

    def _meaning(self, table: str, place: int) -> str:
        return self._words[table].meaning(self._tokens[place])

    def _parted(self, place: int, later: int) -> bool:
        """Say whether a comma stands between two places."""
        return any(n in self._pauses for n in range(place + 1, later + 1))

    def _is_so(self, place: int, state: str) -> bool:
        """Say whether a state is said to be; what is demanded or refused is not so yet."""
        if self._negated(place) or self._is_disputed(place):
            return False
        if state in _WANTED and self._is_wanted(place):
            return False
        return state != "released" or not self._is_published(place)

    def _negated(self, place: int) -> bool:
        """Say whether a word says of itself that it is not so: "no one was killed"."""
        for before in range(place - 1, max(-1, place - 1 - OBJECT), -1):
            if before + 1 in self._pauses or self._tokens[before][0].isdecimal():
                break
            if self._meaning("not", before):
                return True
        for after in range(place + 1, min(place + 1 + OBJECT, len(self._tokens))):
            if after in self._pauses or self._tokens[after][0].isdecimal():
                return False
            if self._tokens[after] in ABSENT:
                return True
        return False

    def _is_disputed(self, place: int) -> bool:
        """Say whether it is what somebody denies; who does not deny it leaves it so."""
        for before in range(place - 1, max(-1, place - 1 - OBJECT), -1):
            if before + 1 in self._pauses or self._tokens[before] == ":":
                return False
            if self._meaning("states", before) == "denied":
                return not self._negated(before)
        return False

    def _is_wanted(self, place: int) -> bool:
        for before in range(place - 1, max(-1, place - 1 - _WANTED_WITHIN), -1):
            if before + 1 in self._pauses or self._tokens[before] == ":":
                return False
            if self._meaning("wanted", before):
                return True
            if self._tokens[before : before + 2] in _CALLS:
                return True
        return False

    def _is_published(self, place: int) -> bool:
        """Say whether it is a video, a village or an office that is released."""
        for way in (range(place - 1, place - 3, -1), range(place + 1, place + 3)):
            for one in way:
                is_far = not 0 <= one < len(self._tokens) or self._tokens[one] == ":"
                if is_far or self._parted(min(one, place), max(one, place)):
                    break
                found = self._meaning("published", one)
                if found == "matter" or (found == "place" and one > place):
                    return True
                if found:
                    break
        return False
