"""The type of vectors and scores, apart from what makes them: that is heavy to import."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
