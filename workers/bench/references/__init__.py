"""What the pipeline is measured beside in the same run, against the same model: a ceiling, stock Celery, ElizaOS."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workers.bench import model
from workers.bench.references.common import Missing

Reference = Callable[[float, int], dict[str, Any]]  # (the model's ms, replies) → figures


def beside(replies_per_s: float, model_ms: float, replies: int = 3000, messages: int = 100) -> dict[str, Any]:
    """Every reference's figures with `ratio`, ours to theirs, or {"skipped": reason}. messages: those for ElizaOS."""
    found = {
        "asyncio_streams": streams_of(model_ms, replies),
        "stock_celery": celery_of(model_ms, replies),
        "elizaos": eliza_of(model_ms, messages),
    }
    return {name: with_ratio(replies_per_s, figures) for name, figures in found.items()}


def with_ratio(ours: float, figures: dict[str, Any]) -> dict[str, Any]:
    theirs = figures.get("replies_per_s")
    return {**figures, "ratio": round(ours / theirs, 2)} if theirs else figures


def streams_of(model_ms: float, replies: int) -> dict[str, Any]:
    from workers.bench.references import streams

    with model.running(model_ms) as url, tempfile.TemporaryDirectory(prefix="engage-bench-") as home:
        return streams.measure(replies, url, Path(home))


def celery_of(model_ms: float, replies: int) -> dict[str, Any]:
    from workers.bench.references import celery_threads

    with model.running(model_ms) as url, tempfile.TemporaryDirectory(prefix="engage-bench-") as home:
        return celery_threads.measure(replies, url, Path(home))


def eliza_of(model_ms: float, messages: int) -> dict[str, Any]:
    from workers.bench.references import eliza

    with model.running(model_ms, eliza.ANSWER) as url:
        try:
            return eliza.measure(messages, url)
        except Missing as reason:
            return {"skipped": str(reason)}
