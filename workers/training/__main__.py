"""`python -m workers.training NAME FOLDER` fits a model and writes its file; after `check`, it prints figures."""

import importlib
import sys
from pathlib import Path

from engage.memory.multilingual import multilingual_encoder
from engage.triage.linear import MODELS
from workers.cli.console import say
from workers.training.checking import check
from workers.training.design import prepare
from workers.training.modelling import model
from workers.training.recipe import Encode, Recipe
from workers.training.wishes import RECIPES
from workers.training.writing import written

USAGE = "usage: python -m workers.training [check] NAME FOLDER"


def main(arguments: list[str]) -> int:
    """0, or 2 where the arguments are wrong."""
    checks = arguments[:1] == ["check"]
    if len(arguments) != 2 + checks:
        say(USAGE)
        return 2
    recipe = recipe_of(arguments[-2])
    encode = multilingual_encoder().encode if recipe.meaning else None
    if checks:
        folder = Path(arguments[-1])
        for line in recipe.figures(recipe.read(folder)) if recipe.figures else check(recipe, folder, encode):
            say(line)
        return 0
    write(recipe, Path(arguments[-1]), encode)
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


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
