"""The names of the queues. A message on one of them is only a wake-up; the work itself stands in the ledger."""

from engage.models import Surface

INTAKE = "intake"  # deliveries to process
POST = "post"  # replies to send or settle
UPKEEP = "upkeep"  # leases, expiry, indexing
LANES = tuple(Surface)  # live before dm before comment
ALL = (INTAKE, *(lane.value for lane in LANES), POST, UPKEEP)
