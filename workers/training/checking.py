"""The figures of a model: of its recipe on groups that were left out, and of the file that is shipped."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from engage.triage.language import identify
from engage.triage.linear import Meaning, load
from engage.triage.scores import by_rules, joined, shorten
from workers.training.design import NOBODY, Design, folds, prepare
from workers.training.examples import Example
from workers.training.measuring import accuracy, by, macro_f1
from workers.training.modelling import model
from workers.training.recipe import Recipe

Part = Callable[[Example], str]
THRESHOLD = 0.5


def check(recipe: Recipe, folder: Path, meaning: Meaning | None) -> Iterator[str]:
    """Lines to print: the recipe on groups and kinds it had not seen, and the shipped file on all rows."""
    examples = recipe.read(folder)
    design = prepare(examples, recipe, meaning)
    yield from table("groups left out", examples, left_out(design, examples, recipe, meaning, lambda one: one.group))
    yield from table("kinds left out", examples, left_out(design, examples, recipe, meaning, lambda one: one.kind))
    yield from table("shipped, on rows it may have been fitted on", examples, shipped(examples, recipe, meaning))


def left_out(
    design: Design, examples: Sequence[Example], recipe: Recipe, meaning: Meaning | None, part: Part
) -> list[float]:
    """Each example's score by a model fitted without the examples of its part."""
    scores = [0.0] * len(examples)
    everything = np.arange(len(examples))
    for out in folds([part(example) for example in examples]):
        chosen = np.setdiff1d(everything, out)
        fitted = model(design.rows(chosen), recipe)
        for place in out:
            text = shorten(examples[place].text)
            scores[place] = joined(design.found[place], fitted, text, design.languages[place], meaning)
    return scores


def shipped(examples: Sequence[Example], recipe: Recipe, meaning: Meaning | None) -> list[float]:
    """Each example's score as triage gives it."""
    fitted = load(recipe.name)
    found = [by_rules(shorten(example.text), NOBODY)[recipe.name] for example in examples]
    if fitted is None:
        return found
    texts = [shorten(example.text) for example in examples]
    pairs = zip(texts, found, strict=True)
    return [joined(score, fitted, text, identify(text).language, meaning) for text, score in pairs]


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
