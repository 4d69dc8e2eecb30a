"""Prometheus metrics. Labels hold platforms and outcomes, never people or texts."""

from prometheus_client import CONTENT_TYPE_LATEST, Counter, generate_latest

CONTENT_TYPE = CONTENT_TYPE_LATEST
DELIVERIES = Counter("engage_deliveries_total", "Webhook deliveries committed", ["platform"])


def latest() -> bytes:
    return generate_latest()
