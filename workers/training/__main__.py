"""`python -m workers.training NAME... FOLDER` fits models and writes their files; after `check`, it prints figures.

`network` is the network that the models share which hear what a message means: after it has changed, they are fitted
anew. In one go the texts' vectors are made once.
"""

import importlib
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from engage.memory.multilingual import multilingual_encoder
from engage.triage.linear import MODELS
from workers.cli.console import say
from workers.training import network
from workers.training.checking import check
from workers.training.design import prepare
from workers.training.modelling import model
from workers.training.network import Texts
from workers.training.recipe import Encode, Recipe
from workers.training.wishes import RECIPES
from workers.training.writing import written

USAGE = "usage: python -m workers.training [check] NAME... FOLDER"


@dataclass
class Shared:
    """What all models of a data folder that hear meanings are fitted with, made at its first use."""

    folder: Path

    @cached_property
    def texts(self) -> Texts:
        """All of their examples."""
        return network.gather(self.folder, multilingual_encoder().encode)

    @cached_property
    def left_out(self) -> Encode:
        """What the network says of them where it has not seen them."""
        return network.left_out(self.texts)


def main(arguments: list[str]) -> int:
    """0, or 2 where the arguments are wrong."""
    checks = arguments[:1] == ["check"]
    *names, folder = arguments[checks:] or [""]
    if not names:
        say(USAGE)
        return 2
    shared = Shared(Path(folder))
    for name in names:
        if checks:
            _check(recipe_of(name), shared)
        elif name == "network":
            (MODELS / "network.tsv").write_text(network.written(network.fitted(shared.texts)), encoding="utf-8")
        else:
            recipe = recipe_of(name)
            write(recipe, shared.folder, shared.left_out if recipe.meaning else None)
    return 0


def recipe_of(name: str) -> Recipe:
    """The recipe of a model. Raises ImportError where there is none of that name."""
    found: Recipe | None = RECIPES.get(name)
    return found or importlib.import_module(f"workers.training.{name}").RECIPE


def write(recipe: Recipe, folder: Path, encode: Encode | None) -> None:
    """Fit the model of a recipe and put its file beside the others."""
    examples = recipe.read(folder)
    fitted = recipe.fit(examples, encode) if recipe.fit else model(prepare(examples, recipe, encode), recipe)
    notes = [
        f"fitted by python -m workers.training {recipe.name}; its card is docs/models/{recipe.card or recipe.name}.md"
    ]
    (MODELS / f"{recipe.name}.tsv").write_text(written(fitted, notes), encoding="utf-8")


def _check(recipe: Recipe, shared: Shared) -> None:
    if recipe.figures:
        lines = recipe.figures(recipe.read(shared.folder))
    else:
        lines = check(recipe, shared.folder, shared.left_out if recipe.meaning else None)
    for line in lines:
        say(line)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
