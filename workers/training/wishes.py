"""What every follower may ask at any time: no more messages, a person, to be forgotten, what is known of them."""

import tomllib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from engage.triage.features import Shape
from workers.training.examples import Example
from workers.training.followers import followers
from workers.training.ordinary import asked_of_people, dialogues, ordinary, questions, sentences
from workers.training.recipe import Recipe
from workers.training.written import other_matters, written

_TESTED = Path(__file__).parents[2] / "tests" / "engage" / "triage" / "phrasings"  # fitting needs a checkout
_WEIGHT = 3.0
_HARMLESS = 2.0
_LIKES = 8.0  # "please reply" is nearest to "please do not reply", and there are few such lines
# Log-odds added: who is forgotten or written to no more without having asked for it is worse off than who must say it
# again; a person asked for in vain is not, and what is known may be told to anybody it is known of.
_LEANS = {"stop": -0.4, "human": 1.55, "forget": 1.5, "known": 2.0}


def read(wish: str, folder: Path) -> list[Example]:
    """Ways to say the wish, what uses the same words, the other wishes, and ordinary talk."""
    talk = [*ordinary(folder, step=4), *questions(folder), *sentences(folder), *dialogues(folder), *followers()]
    return [*written(wish, _WEIGHT, _HARMLESS), *phrasings(wish), *other_matters(1.0), *asked_of_people(folder), *talk]


def phrasings(wish: str) -> Iterator[Example]:
    """The phrasings of the tests: of this wish, of others, and what looks like either."""
    for path in sorted(_TESTED.glob("*.toml")):
        about = path.stem.split("_")[0]
        for language, tables in tomllib.loads(path.read_text(encoding="utf-8")).items():
            for kind in ("asks", "likes"):
                for number, line in enumerate(tables.get(kind, "").strip().splitlines()):
                    deserves = kind == "asks" and about == wish
                    weight = _HARMLESS if kind == "asks" else _LIKES
                    group = f"{path.stem} {kind} {number}"
                    yield Example(line, deserves, group, f"{about} {kind}", language, weight)


RECIPES = {
    wish: Recipe(
        wish,
        partial(read, wish),
        languages="",
        shape=Shape(3, 3, 4, few=10),
        doubt=(0.003, 1.0),
        kept=4_000,
        ridge=0.5,
        alone=False,
        lean=lean,
        ruled=False,
        card="wishes",
    )
    for wish, lean in _LEANS.items()
}
