"""The report: one page without anything from elsewhere. Every text in it is escaped. Pure but for its own template."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from engage.evaluate import Evaluation, Figure
from engage.evaluate.judging import Judged
from workers.evaluation import charts

FILES = Path(__file__).parent / "files"
EXAMPLES = 5
DECLINED = 20
LONGEST = 700  # characters of a text that are shown

# figure → what it is called, what it says, in the order of the page
SAID = {
    "coverage": ("Coverage", "Share of the questions that got a draft. Floor: questions put to somebody else."),
    "style": ("Style", "How much the drafts sound like the creator, by the voice score."),
    "authorship": (
        "Authorship",
        "Share that a second, unrelated judge takes for the creator's among all creators of this installation.",
    ),
    "grounding": (
        "Grounding",
        "Share of sentences with a fact that stand on a passage cited. The creator may say new things.",
    ),
    "numbers": ("Numbers", "Share of the numbers, prices and sizes that are in a passage cited."),
    "retrieval": ("Retrieval", "Likeness of the best of five recalled passages to the real reply."),
    "language": ("Language", "Share in the follower's language."),
    "language_short": ("Language, short lines", "The same where the follower wrote fewer than eight words."),
    "length": ("Length", "Share as long as four fifths of the creator's replies are."),
    "copy_rate": (
        "Copy rate (less is better)",
        "Share with twelve words in a row of the corpus, unmarked by evidence.",
    ),
    "quoted": ("Quoted", "Share with twelve words in a row of the corpus, marked or not."),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A figure as the page shows it."""

    name: str
    about: str
    figure: Figure
    drawn: Markup


def page(found: Evaluation) -> str:
    """The HTML."""
    best, worst = examples(found.judged)
    return _template().render(
        found=found,
        css=Markup((FILES / "report.css").read_text(encoding="utf-8")),  # noqa: S704 - our own file
        rows=[_row(*SAID[name], figure) for name, figure in found.figures.items() if name in SAID],
        drafts=sum(found.outcomes.values()) - sum(found.reasons.values()),
        distance=found.figures["length_distance"],
        styles=_drawn(charts.styles(found.style.scores)),
        lengths=_drawn(charts.lengths(found.lengths)),
        retrieval=_drawn(charts.retrieval(found.curve)),
        best=best,
        worst=worst,
        declined=[one.trial for one in found.judged if not one.trial.draft][:DECLINED],
    )


def examples(judged: Sequence[Judged]) -> tuple[list[Judged], list[Judged]]:
    """The drafts nearest to the real replies, and those furthest from them; none in both."""
    written = sorted((one for one in judged if one.trial.draft), key=_nearness, reverse=True)
    count = min(EXAMPLES, (len(written) + 1) // 2)
    return written[:count], written[count:][-EXAMPLES:][::-1]


def _nearness(one: Judged) -> tuple[float, float]:
    return one.likeness, one.style or 0.0


def _row(name: str, about: str, figure: Figure) -> Row:
    return Row(name, about, figure, _drawn(charts.figure_bar(name, figure)))


def _drawn(svg: str) -> Markup:
    return Markup(svg)  # noqa: S704 - made by workers/evaluation/svg.py, which escapes


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST].rstrip() + " …"


@cache
def _template() -> Template:
    rooms = Environment(
        loader=FileSystemLoader(FILES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    rooms.filters.update(short=_shortened, shown=charts.shown)
    return rooms.get_template("report.html")
