"""Do the drafts stand on what the creator said? Pure."""

from collections.abc import Iterable, Iterator, Sequence

from engage.compose.checks import is_factual
from engage.compose.grounding import STANDS, overlap
from engage.evaluate.backtest import Trial
from engage.evaluate.figures import Figure, figure
from engage.evaluate.material import Texts, beside
from engage.memory.sentences import split_sentences
from engage.memory.statements import numbers
from engage.models import Passage, Persona


def figures(
    trials: Sequence[Trial], texts: Texts[list[str]], persona: Persona, passages: Sequence[Passage]
) -> dict[str, Figure]:
    """Sentences and numbers of the drafts against the passages they cite; of the others against those recalled."""
    at_hand = {passage.id: passage for passage in passages}
    cited = [_cited(one, at_hand) for one in trials]
    found = [[scored.passage for scored in one.found] for one in trials]
    cases = Texts(
        [(one.draft, one, known) for one, known in zip(trials, cited, strict=True) if one.draft],
        [(one.pair.reply, one, known) for one, known in zip(trials, found, strict=True)],
        [(beside(texts.floor, at), one, known) for at, (one, known) in enumerate(zip(trials, found, strict=True))],
    )
    groups = (cases.drafts, cases.ceiling, cases.floor)
    sentences = [[held for case in group for held in _sentences(*case, persona)] for group in groups]
    figures_ = [[held for text, _, known in group for held in _numbers(text, known)] for group in groups]
    return {"grounding": figure(*sentences), "numbers": figure(*figures_)}


def _cited(trial: Trial, at_hand: dict[str, Passage]) -> list[Passage]:
    ids = dict.fromkeys(one.passage_id for one in trial.evidence)
    return [at_hand[passage_id] for passage_id in ids if passage_id in at_hand]


def _sentences(text: str, trial: Trial, known: Sequence[Passage], persona: Persona) -> Iterator[float]:
    """Of each sentence that says a fact, 1 where a passage bears it, else 0."""
    names = (trial.pair.asker, persona.display_name)
    for sentence in split_sentences(text):
        if is_factual(sentence, trial.pair.question, names):
            yield float(any(sentence == one.url or overlap(sentence, one) >= STANDS for one in known))


def _numbers(text: str, known: Iterable[Passage]) -> Iterator[float]:
    """Of each number (price, size, date), 1 where a passage says it, else 0."""
    said = numbers("\n".join(f"{one.title or ''} {one.text} {one.url or ''}" for one in known))
    yield from (float(number in said) for number in sorted(numbers(text)))
