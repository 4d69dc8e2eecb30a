"""What a linear model sees of a text: its words and runs of letters, each once, as anyone may read them. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from engage.remembered import forgettable
from engage.triage.lexicon import roles
from engage.triage.pieces import EDGE, glued, pieces

WORD, RUN, ROLE = "w ", "c ", "r "  # what a feature's name begins with
# What a whole text is judged by: which families of roles it has, and which not.
_FAMILY = {
    "group": "group",
    "slur": "slur",
    **dict.fromkeys(("insult", "bad", "hate", "violence", "out", "curse"), "hostile"),
    "good": "good",
    "you": "you",
    "say": "said",
    "quote": "said",
    "wrong": "wrong",
}
_DENIED = frozenset({"insult", "bad", "hate", "violence", "out", "good"})  # what a "not" turns round
_ORDER = ("group", "slur", "hostile", "not hostile", "good", "not good", "you", "said", "wrong")
_MAIN = frozenset(_ORDER[:6])
_OVERALL = 2  # features of roles that any text has
_REACH = 2  # roles after it
_FAR = 4  # roles apart at most, of a pair


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort of features: WORD or RUN of `length`, or ROLE. signs: addresses, sums and handles are seen, as signs."""

    kind: str
    signs: bool
    length: int = 0


@dataclass(frozen=True, slots=True)
class Shape:
    """Which runs are looked at: up to `words` words, from `shortest` to `longest` letters; and whether roles are.

    few: a text with fewer runs of a sort counts as if it had so many: one word alone says little. signs: addresses,
    sums and handles are seen, as signs for what they are.
    """

    words: int = 3
    shortest: int = 2
    longest: int = 5
    few: int = 1
    signs: bool = False
    roles: bool = False

    def sorts(self) -> list[Sort]:
        """What is looked at, in order."""
        words = [Sort(WORD, self.signs, length) for length in range(1, self.words + 1)]
        letters = [Sort(RUN, self.signs, length) for length in range(self.shortest, self.longest + 1)]
        return [*words, *letters, *[Sort(ROLE, self.signs)] * self.roles]


def features(text: str, shape: Shape, language: str = "en") -> tuple[list[str], ...]:
    """The names of the runs of words in a text, of letters, and of its words' roles, each once."""
    kinds: dict[str, list[str]] = {}
    for sort in shape.sorts():
        kinds.setdefault(sort.kind, []).extend(names(text, sort, language))
    return tuple(kinds.values())


def has_roles(text: str, shape: Shape, language: str) -> bool:
    """Whether any word of the text has a role."""
    return len(names(text, Sort(ROLE, shape.signs), language)) > _OVERALL


@forgettable
@lru_cache(maxsize=32)  # several models look at the same text, one after the other
def names(text: str, sort: Sort, language: str = "en") -> tuple[str, ...]:
    """The names of a text's features of one sort, each once."""
    if sort.kind == ROLE:
        return tuple(dict.fromkeys(_roles(roles(list(_pieces(text, sort.signs)), language))))
    if sort.kind == WORD:
        return tuple(dict.fromkeys(runs_of_words(_pieces(text, sort.signs), sort.length)))
    return tuple(dict.fromkeys(runs_of_letters(_line(text, sort.signs), sort.length)))


@forgettable
@lru_cache(maxsize=8)
def _pieces(text: str, signs: bool) -> tuple[str, ...]:
    return tuple(pieces(text, signs=signs))


@forgettable
@lru_cache(maxsize=8)
def _line(text: str, signs: bool) -> str:
    return edged(_pieces(text, signs))


def runs_of_words(found: Sequence[str], length: int) -> list[str]:
    """The names of the runs of so many words among pieces. A single edge says nothing."""
    line = (EDGE, *found, EDGE)  # that a word opens or closes a text says something
    runs = [WORD + " ".join(line[start : start + length]) for start in range(len(line) - length + 1)]
    return runs[1:-1] if length == 1 else runs


def runs_of_letters(line: str, length: int) -> list[str]:
    """The names of the runs of so many letters in a line (`edged`)."""
    return [RUN + line[start : start + length] for start in range(len(line) - length + 1)]


def edged(found: Sequence[str]) -> str:
    """Pieces as a line of letters, with an edge before and after."""
    return EDGE + glued(list(found)) + EDGE


def _roles(said: list[str]) -> Iterator[str]:
    """Roles alone, runs of two to four, pairs with others between them, and what there is in all as one."""
    there = _families(said)
    yield f"{ROLE}= {' '.join(there)}"
    yield f"{ROLE}~ {' '.join(name for name in there if name in _MAIN)}"
    for start, role in enumerate(said):
        yield ROLE + role
        for end in range(start + 2, min(start + 4, len(said)) + 1):
            yield ROLE + " ".join(said[start:end])
        for other in said[start + 2 : start + 1 + _FAR]:
            yield f"{ROLE}{role} … {other}"


def _families(said: list[str]) -> list[str]:
    """Which families of roles there are, those right after a "not" apart."""
    found: set[str] = set()
    for place, role in enumerate(said):
        denied = role in _DENIED and "not" in said[max(0, place - _REACH) : place]
        found.add(f"not {_FAMILY[role]}" if denied else _FAMILY.get(role, ""))
    return [name for name in _ORDER if name in found]
