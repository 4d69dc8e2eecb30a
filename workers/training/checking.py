"""The figures of a model: of its recipe on groups that were left out, and of the file that is shipped."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from engage.triage.language import identify
from engage.triage.linear import chance, load
from engage.triage.scores import SURE, joined, shorten
from workers.build import meaning
from workers.training.design import Design, fit_dense, folds, found_by_rules, out_of_fold, prepare
from workers.training.examples import Example
from workers.training.matrix import Rows
from workers.training.measuring import accuracy, by, macro_f1
from workers.training.recipe import Encode, Recipe

PARTS: dict[str, Callable[[Example], str]] = {
    "groups": lambda example: example.group,
    "kinds": lambda example: example.kind,
    "languages": lambda example: example.language,
}
THRESHOLD = 0.5


def check(recipe: Recipe, folder: Path, encode: Encode | None) -> Iterator[str]:
    """Lines to print: the recipe on groups, kinds and languages it had not seen, and the shipped file on all rows.

    encode: what the network says of a text whose group it has not seen (of its kind and language it has).
    """
    examples = recipe.read(folder)
    yield from table("shipped, on rows it may have been fitted on", examples, shipped(examples, recipe))
    design = prepare(examples, recipe, encode)
    for title, part in PARTS.items():
        parts = folds([part(example) for example in examples])
        yield from table(f"{title} left out", examples, left_out(design, recipe, parts))


def left_out(design: Design, recipe: Recipe, parts: Sequence[Rows]) -> list[float]:
    """Each example's score by a model fitted without the examples of its part."""
    odds = out_of_fold(design, recipe.ridge, parts)
    if design.vectors is None:
        odds += recipe.words_lean
    else:
        measures, everything = np.column_stack([odds, design.vectors]), np.arange(len(odds))
        for out in parts:
            rest = np.setdiff1d(everything, out)
            weights = fit_dense(measures[rest], design.rows(rest).labels, recipe.meaning_ridge)
            odds[out] = measures[out] @ weights[:-1] + weights[-1] + recipe.lean
    return [found if found >= SURE else chance(each) for found, each in zip(design.found.tolist(), odds, strict=True)]


def shipped(examples: Sequence[Example], recipe: Recipe) -> list[float]:
    """Each example's score as triage gives it."""
    fitted = load(recipe.name)
    found = [found_by_rules(shorten(example.text), recipe) for example in examples]
    if fitted is None:
        return found
    texts = [shorten(example.text) for example in examples]
    heard = meaning if recipe.meaning else None
    pairs = zip(texts, found, strict=True)
    return [joined(score, fitted, text, identify(text).language, heard) for text, score in pairs]


def table(title: str, examples: Sequence[Example], scores: Sequence[float]) -> Iterator[str]:
    """Macro-F1 by language, and the share of rows told right by language and kind."""
    deserved = [example.deserves for example in examples]
    flagged = [score >= THRESHOLD for score in scores]
    yield f"{title}: macro-F1 {macro_f1(deserved, flagged):.3f} of {len(examples)} rows"
    for language, (a, b) in sorted(by((example.language for example in examples), deserved, flagged).items()):
        yield f"  {language}: macro-F1 {macro_f1(a, b):.3f} of {len(a)}"
    keys = (f"{example.language} {example.kind}" for example in examples)
    for key, (a, b) in sorted(by(keys, deserved, flagged).items()):
        yield f"  {key}: {accuracy(a, b):.3f} right, {sum(b)} flagged of {len(b)}"
