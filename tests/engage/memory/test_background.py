"""What another encoder's cosine of two unrelated texts is told from: a creator's own passages."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from engage.memory.background import FEWEST, HIGHEST, UNRELATED, measure
from engage.memory.encoder import SentenceEncoder
from engage.memory.evidence import CAUTION, scale_of
from engage.memory.floats import Floats
from engage.models import Passage, PassageKind
from tests.fakes.embeddings_server import project

BAKING = (
    "The sourdough starter is fed every morning.", "Rye bread needs a longer bake than wheat bread.",
    "I let the dough rest overnight in the fridge.", "Salt goes in after the flour has taken the water.",
    "A hot oven gives the loaf its crust.", "Whole grain flour makes a denser loaf.",
    "The baker's oven is lit at four.", "My rolls are shaped by hand and proofed on linen.",
    "Knead the dough until it no longer sticks.", "Steam in the oven keeps the crust thin.",
    "Stale bread becomes crumbs for dumplings.", "The starter smells sour when it is hungry.",
    "Spelt dough tears when it is kneaded for long.", "Butter goes into the brioche last.",
)  # fmt: skip


def passages(texts: Sequence[str]) -> list[Passage]:
    found = enumerate(texts)
    return [Passage(f"post:{at}#0", str(at), PassageKind.POST, text, language="en") for at, text in found]


def other(texts: Sequence[str]) -> Floats:
    vectors = project(texts)
    made: Floats = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return made


def test_what_a_creator_always_speaks_of_is_taken_off(encoder: SentenceEncoder) -> None:
    vectors = other(BAKING)
    found = measure(passages(BAKING), vectors, encoder.encode(BAKING), other(UNRELATED))
    everything = float((vectors @ vectors.T)[~np.eye(len(BAKING), dtype=bool)].mean())
    assert everything > found[""] + 0.1
    assert found["en"] == pytest.approx(found[""], abs=0.05)


def test_of_few_passages_nothing_is_told_but_by_unrelated_sentences(encoder: SentenceEncoder) -> None:
    few = BAKING[: FEWEST - 1]
    assert set(measure(passages(few), other(few), encoder.encode(few), other(UNRELATED))) == {""}
    assert set(measure([], other(UNRELATED)[:0], encoder.encode([]), other(UNRELATED))) == {""}


def test_parts_of_one_text_are_no_strangers_to_each_other(encoder: SentenceEncoder) -> None:
    twice = [*BAKING, *BAKING]
    doubled = [*passages(BAKING), *(replace(one, id=f"{one.id}1") for one in passages(BAKING))]
    once = measure(passages(BAKING), other(BAKING), encoder.encode(BAKING), other(UNRELATED))
    again = measure(doubled, other(twice), encoder.encode(twice), other(UNRELATED))
    assert again["en"] == pytest.approx(once["en"], abs=0.001)


def test_an_encoder_that_finds_all_things_alike_stays_below_one(encoder: SentenceEncoder) -> None:
    alike = np.tile(other(BAKING[:1]), (len(BAKING), 1))
    found = measure(passages(BAKING), alike, encoder.encode(BAKING), np.tile(alike[:1], (len(UNRELATED), 1)))
    assert found == {"": HIGHEST, "en": HIGHEST}


def test_a_measured_scale_takes_the_place_of_the_built_in_one() -> None:
    scale = scale_of(["en", "ja", "xx"], measured={"": 0.3, "ja": 0.4})
    assert scale.background.tolist() == pytest.approx([0.3, 0.4, 0.3])
    assert scale.caution.tolist() == [1.0, 1.0, 1.0]
    unknown = scale_of(["en", "ja"], measured={"": 0.3, "en": 0.3, "ja": 0.7})  # it finds all Japanese alike
    assert unknown.caution.tolist() == [1.0, CAUTION]
    assert scale_of(["ja"]).caution.tolist() == [CAUTION]
