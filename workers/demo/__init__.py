"""`engage demo`: the real stack, sample creators, and a small network of their followers."""
