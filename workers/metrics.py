"""Prometheus metrics. Labels hold platforms and outcomes, never people or texts."""

from functools import lru_cache

from prometheus_client import CONTENT_TYPE_LATEST, Counter, generate_latest

CONTENT_TYPE = CONTENT_TYPE_LATEST
DELIVERIES = Counter("engage_deliveries_total", "Webhook deliveries committed", ["platform"])

# (labels() locks and looks up; a platform's child is asked for once.)
deliveries_of = lru_cache(DELIVERIES.labels)


def latest() -> bytes:
    return generate_latest()
