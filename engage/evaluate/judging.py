"""What the trials are worth: each figure beside the creator's own held-back replies and other people's texts. Pure.

docs/evaluating.md defines the figures.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engage.evaluate import grounds, manner, recalled
from engage.evaluate.backtest import Trial
from engage.evaluate.copying import copies, same_reply, sources
from engage.evaluate.figures import Figure, figure
from engage.evaluate.likeness import likeness
from engage.evaluate.manner import Style
from engage.evaluate.material import Known, Texts, gather
from engage.evaluate.recalled import Curve
from engage.memory.sentences import count_words
from engage.models import Persona

__all__ = ["Evaluation", "Judged", "Known", "judge"]


@dataclass(frozen=True, slots=True)
class Judged:
    """A trial with what its draft measured. likeness: to the real reply, 0..1; style: None where it is not known."""

    trial: Trial
    style: float | None = None
    likeness: float = 0.0


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All that was found out."""

    creator: str
    model: str
    pairs: int
    in_corpus: int  # pairs whose reply is imported: they were not held back
    outcomes: Mapping[str, int]
    reasons: Mapping[str, int]  # why there was no draft
    figures: Mapping[str, Figure]
    curve: Curve
    style: Style
    lengths: Texts[list[float]]  # words of each text
    judged: Sequence[Judged]
    floor_of: str  # whose texts the floor is: creators or followers
    notes: Sequence[str] = field(default=())

    def as_json(self) -> dict[str, object]:
        """The figures for scripts; no texts."""
        return {
            "creator": self.creator,
            "model": self.model,
            "pairs": self.pairs,
            "in_corpus": self.in_corpus,
            "floor_of": self.floor_of,
            **{name: one.as_json() for name, one in self.figures.items()},
            "outcomes": dict(self.outcomes),
            "reasons": dict(self.reasons),
            "retrieval_curve": self.curve.as_json(),
            "notes": list(self.notes),
        }


def judge(
    trials: Sequence[Trial], persona: Persona, known: Known, model: str, strange: Sequence[Trial] = ()
) -> Evaluation:
    """The evaluation of a back-test. strange: trials of questions that were put to somebody else."""
    texts, floor_of = gather(trials, known)
    written = [one for one in trials if one.draft]
    style = manner.style(written, texts, known)
    curve = recalled.curve(trials, known.passages)
    in_corpus = sum(same_reply(texts.ceiling, known.passages))
    lengths = texts.each(count_words)
    return Evaluation(
        creator=persona.name,
        model=model,
        pairs=len(trials),
        in_corpus=in_corpus,
        outcomes=Counter(one.outcome for one in trials),
        reasons=dict(Counter(_reason(one) for one in trials if not one.draft).most_common()),
        figures={
            "coverage": coverage(trials, strange),
            "style": style.figure,
            "authorship": manner.authorship(written, texts, known),
            **grounds.figures(trials, texts, persona, known.passages),
            "retrieval": curve.at(recalled.HEADLINE),
            **manner.language(trials, texts, persona),
            **manner.length(lengths, [count_words(one) for one in known.replies]),
            **copying(written, texts, known),
        },
        curve=curve,
        style=style,
        lengths=lengths,
        judged=_judged(trials, style),
        floor_of=floor_of,
        notes=_notes(in_corpus, floor_of, style, written),
    )


def coverage(trials: Sequence[Trial], strange: Sequence[Trial]) -> Figure:
    """The share of questions with a draft. The creator answered all; questions put to somebody else are the floor."""
    drafted, others = ([float(bool(one.draft)) for one in some] for some in (trials, strange))
    return figure(drafted, [1.0] * len(trials), others)


def copying(written: Sequence[Trial], texts: Texts[list[str]], known: Known) -> dict[str, Figure]:
    """Runs of the corpus: those that no evidence marks, and all. Lower is better for the first."""
    found = sources([*texts.drafts, *texts.ceiling, *texts.floor], known.passages)
    cited = [{one.passage_id for one in trial.evidence} for trial in written]
    plain = texts.each(lambda text: float(copies(text, found)))
    unmarked = [float(copies(one.draft, found, ids)) for one, ids in zip(written, cited, strict=True)]
    return {
        "copy_rate": figure(unmarked, plain.ceiling, plain.floor),
        "quoted": figure(plain.drafts, plain.ceiling, plain.floor),
    }


def _judged(trials: Sequence[Trial], style: Style) -> list[Judged]:
    scores = iter(style.scores.drafts)
    return [
        Judged(one, next(scores, None), likeness(one.draft, one.pair.reply)) if one.draft else Judged(one)
        for one in trials
    ]


def _reason(trial: Trial) -> str:
    return ", ".join(trial.card.reasons) or trial.outcome


def _notes(in_corpus: int, floor_of: str, style: Style, written: Sequence[Trial]) -> list[str]:
    notes = [style.note] if style.note else []
    if in_corpus:
        notes.append(f"{in_corpus} of the replies are imported, so they were not held back: the figures are too good")
    if floor_of == "followers":
        notes.append("no other creator's replies are at hand: the floor is what followers wrote")
    if not written:
        notes.append("the avatar drafted no answer, so most figures cannot be told")
    return notes
