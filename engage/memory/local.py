"""What encoders that compute here share: a graph ready to run on this processor, and vectors that are remembered."""

import ctypes
import os
import platform
from abc import abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from langchain_core.embeddings import Embeddings as LangChainEmbeddings

from engage.memory.bert import STEPS, STEPS_IN_16_BITS
from engage.memory.encoding import Remembered
from engage.memory.floats import Floats

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

DIMENSIONS = 384  # of either encoder
MAX_TOKENS = 256  # what MiniLM was trained for; the rest of a text is not seen
CPU_INFO = Path("/proc/cpuinfo")
MANY = 32  # texts from which on all cores are used
# One, and one for each text in ONNX Runtime: threads of theirs wait for each other by spinning. With one of two cores
# busy elsewhere, two took five times as long as one. Many texts use Python threads instead.
BLAS_THREADS = 1


class LocalEncoder(LangChainEmbeddings):
    """Texts in, unit vectors out, in milliseconds. Thread-safe."""

    local = True

    def __init__(self) -> None:
        self._remembered = Remembered()

    @abstractmethod
    def vector(self, text: str) -> Floats:
        """One text → (384,), of length one. An empty text has a vector like any other."""

    def encode(self, texts: Sequence[str]) -> Floats:
        """Any number of texts → (texts, 384) unit vectors, in order."""
        vectors = np.empty((len(texts), DIMENSIONS), dtype=np.float32)

        def compute(row: int) -> None:
            vectors[row] = self.vector(texts[row])

        # One by one: together they would be no faster, and a text's vector would depend on its neighbours' rounding.
        if len(texts) < MANY:
            for row in range(len(texts)):
                compute(row)
        else:
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                list(pool.map(compute, range(len(texts))))
        return vectors

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


def _limit_blas_threads() -> None:
    """At most BLAS_THREADS for numpy's OpenBLAS, where numpy brought its own."""
    for path in (Path(np.__file__).parent.parent / "numpy.libs").glob("libscipy_openblas*"):
        library = ctypes.CDLL(str(path))
        get = getattr(library, "scipy_openblas_get_num_threads64_", None)
        if get is not None and get() > BLAS_THREADS:
            library.scipy_openblas_set_num_threads64_(BLAS_THREADS)
