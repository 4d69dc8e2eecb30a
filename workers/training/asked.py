"""Whether a follower asks if a machine writes: phrasings and look-alikes of our own, and ordinary talk."""

import math
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from engage.triage.features import Shape
from engage.triage.linear import Linear, MeaningHead
from workers.training.bags import Bags, bags, fit_bags
from workers.training.design import Labels, folds
from workers.training.examples import Example, rows
from workers.training.matrix import Numbers, Rows
from workers.training.modelling import head_of
from workers.training.ordinary import ordinary, questions, sentences
from workers.training.recipe import Encode, Recipe
from workers.training.written import written as texts_written

_OURS = Path(__file__).parent / "data"
_TESTED = Path(__file__).parents[2] / "tests" / "engage" / "triage" / "phrasings"  # fitting needs a checkout
_FILES = (
    *(_OURS / f"{name}.toml" for name in ("asked", "asked_messages")),
    *(_TESTED / f"{name}.toml" for name in ("bot", "bot_more", "bot_third", "bot_fourth")),
)
_KINDS = {"asks": True, "inside": True, "likes": False}
_WEIGHT = 3.0  # rows written for this say more than a line of chat
_PATTERN = 2.0  # what the patterns add: more on texts they were written for, less on look-alikes of other authors
_THRESHOLD = 0.9  # odds from which it is answered as asked: about 6 % of look-alikes that were left out are over it


def read(folder: Path) -> list[Example]:
    """Phrasings in 22 languages, alone and inside messages, look-alikes, and talk in 26 languages."""
    ours = [*written(), *texts_written("bot", _WEIGHT, 1.0)]
    return [*ours, *ordinary(folder, step=4), *questions(folder), *sentences(folder)[::2], *askers(folder)]


def written() -> Iterator[Example]:
    """The same line of a table in all languages is one group: authors wrote the same ideas in the same order."""
    for path in _FILES:
        for language, tables in tomllib.loads(path.read_text(encoding="utf-8")).items():
            for kind in _KINDS.keys() & tables.keys():
                for number, line in enumerate(tables[kind].strip().splitlines()):
                    group = f"{path.stem} {kind} {number}"
                    yield Example(line.strip(), _KINDS[kind], group, kind, language, _WEIGHT)
                    if kind == "asks" and (forms := tables.get("around")):
                        inside = forms[number % len(forms)].format(line.strip())
                        yield Example(inside, True, group, "inside", language, _WEIGHT)


def askers(folder: Path) -> Iterator[Example]:
    """What real people asked creators: every second line, the others are for measuring."""
    for name in ("en_advice_host", "en_chat_creator", "en_comedy_host", "es_press_a"):
        for row in list(rows(folder / f"persona_{name}" / "pairs.jsonl"))[::2]:
            yield Example(row["question"], False, row["id"], f"askers, {name}", name[:2])
    for row in list(rows(folder / "persona_zh_blogger" / "quote_replies.jsonl"))[::2]:
        yield Example(row["question"], False, row["id"], "quotations", "zh")


def fitted(examples: Sequence[Example], encode: Encode | None) -> Linear:
    """The model. Its biases hold the threshold, so that over 0 is asked."""
    full = bags(examples, RECIPE.least)
    everything = np.arange(len(examples))
    first = fit_bags(full, everything, RECIPE.ridge)
    small = full.of_features(_telling(full, first))
    weights = fit_bags(small, everything, RECIPE.ridge)
    told = dict(zip(small.names, weights.tolist(), strict=False))
    head = meaning_head(small, examples, encode) if encode else None
    return Linear(RECIPE.name, RECIPE.shape, told, float(weights[-1]) - _THRESHOLD, _PATTERN, frozenset(), head)


def meaning_head(parts: Bags, examples: Sequence[Example], encode: Encode) -> MeaningHead:
    """What the vector of a message adds to what its parts say, learnt where these were predictions."""
    odds = left_out(parts, folds([example.group for example in examples]))
    speaks = np.flatnonzero(odds >= math.log(RECIPE.doubt[0]))  # of the others no vector is asked
    rows = Labels(parts.deserves[speaks], parts.shares[speaks])
    return head_of(odds[speaks], encode([examples[place].text for place in speaks.tolist()]), rows, RECIPE)


def figures(examples: Sequence[Example]) -> Iterator[str]:
    """Shares taken for the question by kind and language, groups left out."""
    odds = left_out(bags(examples, RECIPE.least), folds([example.group for example in examples]))
    taken: dict[str, list[bool]] = {}
    for example, each in zip(examples, odds, strict=True):
        for key in (example.kind, f"{example.kind} {example.language}"):
            taken.setdefault(key, []).append(bool(each > 0))
    for key, some in sorted(taken.items()):
        yield f"{key}: {sum(some)} of {len(some)} taken ({sum(some) / len(some):.4f})"


def left_out(full: Bags, parts: Sequence[Rows]) -> Numbers:
    """Each message's odds by a model that has not seen its group."""
    odds = np.zeros(len(full.deserves))
    for out in parts:
        weights = fit_bags(full, np.setdiff1d(np.arange(len(odds)), out), RECIPE.ridge)
        odds[out] = (full.best(weights[:-1]) + weights[-1])[out]
    found: Numbers = odds + _PATTERN * full.found - _THRESHOLD
    return found


def _telling(full: Bags, weights: Numbers) -> Rows:
    moved = np.abs(weights[:-1]) * np.sqrt(full.features.counts())
    return np.sort(np.argsort(-moved, kind="stable")[: RECIPE.kept])


RECIPE = Recipe(
    "asked",
    read,
    languages="",
    doubt=(0.003, 0.998),
    lean=0.8,  # 5 % of look-alikes of authors in no fit are over it
    shape=Shape(3, 2, 5),
    least=3,
    kept=40_000,
    ridge=0.3,
    fit=fitted,
    figures=figures,
)
