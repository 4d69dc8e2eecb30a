"""A creator's passages made ready to be searched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engage.ledger.indexes import Index
from engage.memory.evidence import Scale, scale_of, trusted
from engage.memory.standing import doubts, priors
from engage.memory.texts import bare, matter
from engage.models import Passage, PassageKind

if TYPE_CHECKING:
    from engage.memory.lexical import Lexicon

BEFORE = Index()  # what serves where nobody has said anything


@dataclass(frozen=True, slots=True)
class Corpus:
    """A creator's passages as they are searched. vectors: their version; checked_at: monotonic seconds."""

    version: str
    passages: tuple[Passage, ...]
    private: tuple[Passage, ...]  # never found: the voice alone is learnt of them
    position: Mapping[str, int]
    texts: "Lexicon"
    questions: "Lexicon"
    scale: Scale
    index: Index = BEFORE  # whose vectors serve
    vectors: str = ""
    late: tuple[Passage, ...] = ()  # a few whose vectors are still to come; none where there are many
    checked_at: float = 0.0
    changes: int = 0  # of the creator's words, as the ledger counts them


def index(version: str, everything: Sequence[Passage]) -> Corpus:
    """A corpus ready to be searched."""
    from engage.memory.lexical import build

    passages = [passage for passage in everything if passage.kind is not PassageKind.PRIVATE]
    return Corpus(
        version,
        tuple(passages),
        tuple(passage for passage in everything if passage.kind is PassageKind.PRIVATE),
        {passage.id: at for at, passage in enumerate(passages)},
        build([matter(passage) for passage in passages]),
        build([bare(passage.question or "") for passage in passages]),
        scale_for(passages, BEFORE),
    )


def scale_for(passages: Sequence[Passage], served: Index) -> Scale:
    """What their cosines are worth where that index serves."""
    languages = trusted([passage.language for passage in passages])
    return scale_of(languages, doubts(passages), priors(passages), served.background)
