"""JSON as the ledger keeps it."""

import json
from dataclasses import asdict, is_dataclass
from typing import Any

import orjson


def dumps(value: Any) -> str:
    """Plain data, dataclasses and times as JSON text; a tenth of what the standard library takes.

    Half a character (a lone surrogate, as models write them when they are cut off) is kept as its escape.
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:
        return json.dumps(value, default=_plain)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return value.isoformat()
