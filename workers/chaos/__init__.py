"""`engage chaos`: the real stack on a network of its own, under violence, and what it lost or said twice."""
