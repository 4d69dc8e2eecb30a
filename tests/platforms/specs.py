"""Requests of connectors held against the platforms' own machine-readable descriptions, where these are at hand."""

import json
import os
import warnings
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from jsonschema import Draft202012Validator
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from werkzeug.datastructures import Headers, ImmutableMultiDict

from tests.platforms.base import Call

FOLDER = Path(os.environ.get("ENGAGE_TEST_DATA") or Path(__file__).parents[3] / "shared" / "data").parent / "specs"


def spec_file(name: str) -> Path:
    """A description by its path below the folder of descriptions; the test is skipped where it is absent."""
    file = FOLDER / name
    if not file.exists():
        pytest.skip(f"the platform's description is not at hand: {name}")
    return file


class _Request:
    """A call in the shape that openapi-core reads."""

    def __init__(self, call: Call, server: str, prefix: str) -> None:
        at = urlsplit(server)
        self.host_url = f"{at.scheme}://{at.netloc}"
        self.path = at.path + call.path.removeprefix(prefix)
        self.method = call.method.lower()
        self.body = call.body or None
        self.content_type = call.headers.get("content-type", "application/json").split(";")[0]
        query = ImmutableMultiDict(parse_qsl(call.raw_query, keep_blank_values=True))
        self.parameters = RequestParameters(
            query=query, header=Headers(dict(call.headers)), cookie=ImmutableMultiDict()
        )


@cache
def _openapi(name: str) -> OpenAPI:
    return OpenAPI.from_dict(json.loads(spec_file(name).read_text("utf-8")), config=Config(spec_validator_cls=None))


def check_openapi(call: Call, name: str, server: str, prefix: str = "") -> None:
    """Raises where a call is not one that the OpenAPI description allows.

    server: of the description; prefix: what stands before its paths at the simulator.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Unsupported scheme type")  # Discord's "Bot …" in Authorization
        _openapi(name).validate_request(_Request(call, server, prefix))


@cache
def _json(name: str) -> Any:
    return json.loads(spec_file(name).read_text("utf-8"))


def discovery_method(method_id: str, name: str = "youtube/youtube.v3.json") -> dict[str, Any]:
    """A method of a Google discovery document by its id, as in "youtube.comments.insert"."""
    found: Any = _json(name)
    *path, last = method_id.split(".")[1:]
    for part in path:
        found = found["resources"][part]
    method: dict[str, Any] = found["methods"][last]
    return method


def check_discovery(call: Call, method_id: str, name: str = "youtube/youtube.v3.json") -> None:
    """Raises where a call is not one that the method of a discovery document allows."""
    method, parameters = discovery_method(method_id, name), _json(name)["parameters"]
    assert call.method == method["httpMethod"], (call.method, method_id)
    assert call.path.endswith(method["path"]), (call.path, method["path"])
    allowed = {**parameters, **method.get("parameters", {})}
    for key, value in call.query.items():
        assert key in allowed, f"{method_id} has no parameter {key}"
        _check_parameter(key, value, allowed[key])
    missing = [key for key, rule in allowed.items() if rule.get("required") and key not in call.query]
    assert not missing, f"{method_id} needs {missing}"
    if "request" in method:
        _check_schema(call.json, method["request"]["$ref"], name)


def _check_parameter(key: str, value: str, rule: Mapping[str, Any]) -> None:
    values = value.split(",") if rule.get("repeated") else [value]
    for one in values:
        if rule["type"] == "integer":
            number = int(one)
            assert int(rule.get("minimum", number)) <= number <= int(rule.get("maximum", number)), (key, one)
        if rule["type"] == "boolean":
            assert one in ("true", "false"), (key, one)
        if "enum" in rule and key != "part":
            assert one in rule["enum"], (key, one)


def _check_schema(value: Any, ref: str, name: str) -> None:
    """Every field that is sent is one of the schema's, and of its type (discovery schemas require nothing)."""
    schema = _json(name)["schemas"][ref]
    assert isinstance(value, dict), (ref, value)
    for key, part in value.items():
        assert key in schema["properties"], f"{ref} has no field {key}"
        rule = schema["properties"][key]
        if "$ref" in rule:
            _check_schema(part, rule["$ref"], name)
        else:
            Draft202012Validator({"type": rule["type"], **({"enum": rule["enum"]} if "enum" in rule else {})}).validate(
                part
            )
