"""The report's page, without a browser."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from engage.evaluate import Evaluation, Figure, judge
from tests.engage.evaluate.builders import GREASE, OIL, TILLY, declined, drafted, known
from workers.evaluation import charts
from workers.evaluation.page import EXAMPLES, LONGEST, examples, page

EVIL = "<script>alert('x')</script><img src=https://evil.example/x> & \"more\""


def evaluation(drafts: int = 3, text: str = "Every 200 kilometres.") -> Evaluation:
    trials = [drafted(f"how often, {n}? {text}", f"{text} Mate {n}.", f"{text} {n}", OIL) for n in range(drafts)]
    return judge([*trials, declined(text, "No.", "unsupported")], TILLY, known(OIL, GREASE), "extractive")


class Outline(HTMLParser):
    """Tags that are not closed, ids that are there twice, and addresses."""

    EMPTY = frozenset({"meta", "br", "link", "img", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def outline(html: str) -> Outline:
    found = Outline()
    found.feed(html)
    assert found.open == []
    return found


@pytest.mark.parametrize("drafts", [0, 1, 3, 30])
def test_it_is_whole_and_loads_nothing(drafts: int) -> None:
    html = page(evaluation(drafts))
    found = outline(html)
    assert len(found.ids) == len(set(found.ids))
    assert not {"script", "img", "link", "iframe"} & set(found.tags)
    assert "http" not in re.sub(r"http-equiv", "", html)


def test_every_text_is_escaped() -> None:
    html = page(evaluation(2, EVIL))
    assert not {"script", "img"} & set(outline(html).tags)
    assert "&lt;script&gt;" in html


def test_drawings_say_what_they_show() -> None:
    html = page(evaluation())
    assert html.count('<svg role="img"') == html.count("<desc")
    assert "value 0.75, ceiling 1.00" in html


def test_the_best_and_the_worst_are_never_the_same() -> None:
    for drafts in range(2 * EXAMPLES + 3):
        best, worst = examples(evaluation(drafts).judged)
        assert len(best) + len(worst) == min(drafts, 2 * EXAMPLES)
        assert not {id(one) for one in best} & {id(one) for one in worst}


def test_the_nearest_draft_comes_first() -> None:
    trials = [drafted("a?", "oil the chain", "grease bracket"), drafted("b?", "oil the chain", "oil the chain")]
    best, worst = examples(judge(trials, TILLY, known(), "m").judged)
    assert [one.trial.pair.question for one in (*best, *worst)] == ["b?", "a?"]


def test_long_texts_are_cut() -> None:
    assert "x" * (LONGEST + 1) not in page(evaluation(1, "x" * 5000))


def test_a_style_that_is_not_known_is_said_in_words() -> None:
    assert "Not known: too few" in page(evaluation())


def test_it_is_the_same_on_every_run() -> None:
    assert page(evaluation()) == page(evaluation())


def test_figures_at_the_edges_are_drawn_inside() -> None:
    drawn = charts.figure_bar("Edge", Figure(1.0, 1.0, 0.0, 9, 1.0, 1.0))
    assert 'x1="0.30%"' in drawn
    assert 'x1="99.70%"' in drawn


def test_what_is_not_known_has_no_bar() -> None:
    drawn = charts.figure_bar("None", replace(Figure(None), ceiling=0.5))
    assert 'class="draft"' not in drawn
    assert "value not known" in drawn


def test_texts_of_no_words_and_of_thousands_are_drawn() -> None:
    from engage.evaluate.material import Texts

    drawn = charts.lengths(Texts([0.0, 5000.0], [], [1.0]))
    assert "drafts: 2" in drawn
    assert "own: 0" in drawn
