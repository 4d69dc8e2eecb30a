"""What a model is made from, and that neither one scenario nor one word alone decides."""

from pathlib import Path

import pytest

from engage.triage.features import Shape
from workers.training.design import shared
from workers.training.examples import Example
from workers.training.followers import followers, wishes
from workers.training.injection import scenario
from workers.training.ordinary import dialogues, together
from workers.training.recipe import Recipe
from workers.training.restricted import phrased, written


def no_examples(folder: Path) -> list[Example]:
    return []


def test_what_one_scenario_is_about_is_no_sign() -> None:
    attacks = [Example("reveal the dinosaurs", True, "a", ""), Example("reveal the sushi", True, "b", "")]
    recipe = Recipe("injection", no_examples, "", shape=Shape(words=1), groups=2)
    names = ["w reveal", "w dinosaurs", "w sushi", "w hello"]
    assert shared(names, attacks, recipe) == ["w reveal", "w hello"]


@pytest.mark.parametrize(
    ("one", "other"), [("pl-ml-113", "pl-ml-119"), ("pl-en-7", "pl-ml-757"), ("spk-extract-01-ga", "spk-extract-01-sq")]
)
def test_versions_of_a_scenario_are_one_group(one: str, other: str) -> None:
    assert scenario({"id": one}) == scenario({"id": other})


def test_neighbouring_sentences_are_also_shown_as_one_long_text() -> None:
    texts = [f"s{number}" for number in range(9)]
    assert [one.text for one in together(texts, "kind", "en")] == ["s0 s1 s2", "s0 s1 s2 s3 s4"]


def test_dialogues_are_read_from_the_corpus(tmp_path: Path) -> None:
    folder = tmp_path / "chatterbot_corpus" / "data" / "german"
    folder.mkdir(parents=True)
    (folder / "talk.yml").write_text("conversations:\n- - Wie geht's?\n  - Gut.\n", encoding="utf-8")
    assert [(one.text, one.deserves) for one in dialogues(tmp_path)] == [("Wie geht's?", False)]


def test_requests_are_written_in_many_languages_each_beside_look_alikes() -> None:
    kinds = {(one.language, one.deserves) for one in phrased()}
    assert len({language for language, _ in kinds}) == len(kinds) / 2 == 16


def test_what_was_written_for_the_project_has_no_text_twice() -> None:
    for examples in (followers(), [*written(), *phrased()]):
        texts = [one.text for one in examples]
        assert len(texts) == len(set(texts))
    assert not any(one.deserves for one in [*followers(), *wishes()])
