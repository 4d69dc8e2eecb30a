"""What a model answered, read: forgiving in form, and nothing where there is no answer in it. Pure."""

import itertools
import json
import re
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

_LONGEST = 20_000  # characters of an answer that are looked at
_BRACES = 50  # of them at which an object is looked for


class Written(BaseModel):
    """What the model writes: a reply and the passages it stands on, or that there is none."""

    # In the schema all fields are required: servers that follow one then leave none out.
    model_config = ConfigDict(extra="ignore", json_schema_serialization_defaults_required=True)

    answer: str = ""
    passages: list[str] = Field(default_factory=list)
    decline: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """An answer as it could be read; `written` is None where it could not."""

    written: Written | None = None
    tokens_in: int = 0
    tokens_out: int = 0

    def after(self, earlier: "Reading") -> "Reading":
        """This one, with what the earlier one cost."""
        return Reading(self.written, self.tokens_in + earlier.tokens_in, self.tokens_out + earlier.tokens_out)


def read_message(answer: Any) -> Reading:
    """What a model object gave: with a schema {"raw", "parsed"}, without one the message."""
    message, parsed = (answer["raw"], answer["parsed"]) if isinstance(answer, dict) else (answer, None)
    usage = getattr(message, "usage_metadata", None) or {}
    written = read(json.dumps(parsed)) if isinstance(parsed, dict) else read(message.text)
    cut = message.response_metadata.get("finish_reason") in ("length", "content_filter")
    refused = bool(message.additional_kwargs.get("refusal"))
    return Reading(
        written=None if cut or refused else written,
        tokens_in=int(usage.get("input_tokens", 0)),
        tokens_out=int(usage.get("output_tokens", 0)),
    )


def read(text: str) -> Written | None:
    """The JSON object in an answer, also where a fence or prose stands round it."""
    text = text[:_LONGEST]
    for start in itertools.islice(re.finditer(r"\{", text), _BRACES):
        try:
            found, _ = json.JSONDecoder().raw_decode(text, start.start())
            if found.keys() & {"answer", "decline"}:
                return Written.model_validate(found)
        except (ValueError, RecursionError):
            continue
    return None
