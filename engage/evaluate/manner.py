"""Is it said as the creator says it: style, authorship, language, length? Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engage.evaluate.authorship import writer_of, writers
from engage.evaluate.backtest import Trial
from engage.evaluate.figures import Figure, distance, figure
from engage.evaluate.material import Known, Texts, beside
from engage.memory.sentences import count_words
from engage.models import Passage, Persona
from engage.triage.language import identify
from engage.voice import build_voice
from engage.voice.spread import spread_over

SHORT = 8  # words: a question below is a short line, whose language is harder to tell
FEWEST_WORDS = 5  # replies that a creator's usual length can be told from
JUDGED_BY = 150  # replies of a writer that the judge of authorship reads
OWN = "own"


@dataclass(frozen=True, slots=True)
class Style:
    """Scores of each text; empty, with the reason, where the creator's style is not known."""

    figure: Figure
    scores: Texts[list[float]]
    note: str = ""


def style(written: Sequence[Trial], texts: Texts[list[str]], known: Known) -> Style:
    """By a voice that has not read the passages which the drafts are made of, nor what the floor is made of."""
    others = [text for some in known.rivals for text in some]
    voice, note = build_voice(unread(known.passages, written), others), ""
    if voice.style is None and written:
        voice = build_voice(known.passages, others)
        note = "style is told by a voice that knows the passages which the drafts quote: there are too few without them"
    if voice.style is None:
        replies = voice.habits.get("texts", 0)
        return Style(Figure(None), Texts([], [], []), f"style cannot be told: only {replies} texts are imported")
    scores = texts.each(voice.score)
    return Style(figure(scores.drafts, scores.ceiling, scores.floor), scores, note)


def unread(passages: Sequence[Passage], written: Sequence[Trial]) -> list[Passage]:
    """The passages that no draft cites: what judges drafts must not know them by heart."""
    cited = {one.passage_id for trial in written for one in trial.evidence}
    return [passage for passage in passages if passage.id not in cited]


def authorship(written: Sequence[Trial], texts: Texts[list[str]], known: Known) -> Figure:
    """The share that a judge of another kind than the voice takes for the creator's among all creators here."""
    own = Known(unread(known.passages, written)).replies
    told = {
        OWN: spread_over(own, JUDGED_BY),
        **{str(at): spread_over(some, JUDGED_BY) for at, some in enumerate(known.rivals)},
    }
    judges = writers(told)
    if OWN not in judges or len(judges) == 1:
        return Figure(None)
    taken = texts.each(lambda text: float(writer_of(text, judges) == OWN))
    return figure(taken.drafts, taken.ceiling, taken.floor)


def language(trials: Sequence[Trial], texts: Texts[list[str]], persona: Persona) -> dict[str, Figure]:
    """The share in the follower's language; beside it that of questions of a few words only."""

    def same(one: Trial, text: str) -> float:
        asked = identify(one.pair.question, persona.language).language
        return float(identify(text, persona.language).language == asked)

    def of(some: Sequence[tuple[int, Trial]]) -> Figure:
        return figure(
            [same(one, one.draft) for _, one in some if one.draft],
            [same(one, one.pair.reply) for _, one in some],
            [same(one, beside(texts.floor, at)) for at, one in some],
        )

    every = list(enumerate(trials))
    short = [(at, one) for at, one in every if count_words(one.pair.question) < SHORT]
    return {"language": of(every), "language_short": of(short)}


def length(words: Texts[list[float]], usual: Sequence[float]) -> dict[str, Figure]:
    """The share as long as the creator's imported replies mostly are; how far the whole distribution is from them."""
    if len(usual) < FEWEST_WORDS:
        return {"length": Figure(None), "length_distance": Figure(None)}
    shortest, longest = np.percentile(usual, [10, 90])
    groups = (words.drafts, words.ceiling, words.floor)
    within = [[float(shortest <= one <= longest) for one in some] for some in groups]
    drafts, ceiling, floor = (distance(np.log1p(some).tolist(), np.log1p(usual).tolist()) for some in groups)
    return {"length": figure(*within), "length_distance": Figure(drafts, ceiling, floor, len(words.drafts))}
