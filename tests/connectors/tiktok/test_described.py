"""What TikTok describes by machine: the endpoints for comments of ads, which answer in the same envelope as ours."""

import json
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from connectors.tiktok.calls import API, VERSION
from engage.errors import EngageError
from tests.connectors.tiktok import kit
from tests.connectors.tiktok.conftest import Make
from tests.platforms.specs import spec_file
from tests.platforms.tiktok import CALLS, TikTok

FILES = ("comment_list", "comment_post", "comment_delete", "comment_status_update")


def described(name: str) -> tuple[str, dict[str, Any]]:
    """The path of a description, and its operation."""
    said = yaml.safe_load(spec_file(f"tiktok/tiktok-ads-{name}.openapi.yml").read_text("utf-8"))
    assert said["servers"] == [{"url": API.removeprefix("https://")}]
    ((path, methods),) = said["paths"].items()
    ((_, operation),) = methods.items()
    return path, operation


def envelope(name: str) -> Draft202012Validator:
    _, operation = described(name)
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    # OpenAPI 3.0 writes "or null" in its own way; no other field may stand in an answer.
    fields = {key: {"type": [rule["type"], "null"]} for key, rule in schema["properties"].items()}
    return Draft202012Validator({"type": "object", "properties": fields, "additionalProperties": False})


@pytest.mark.parametrize("name", FILES)
async def test_the_simulator_answers_in_the_described_envelope(tiktok: TikTok, connected: Make, name: str) -> None:
    check = envelope(name)
    for _, body, _ in kit.ERRORS:
        if isinstance(body, dict) and isinstance(body.get("code"), int):
            check.validate(body)
    connector = connected()
    answers: list[bytes] = []

    async def keep(answer: Any) -> None:
        answers.append(await answer.aread())

    connector._http.event_hooks["response"].append(keep)
    comment = tiktok.comments("where is this?")
    await connector.send(kit.reply(conversation_id=f"{tiktok.video}:{comment}"))
    await connector.poll("")
    with pytest.raises(EngageError):
        await connector.send(kit.reply())
    for answer in answers:
        check.validate(json.loads(answer))
    assert len(answers) >= 5


def test_the_endpoints_of_ads_are_not_ours() -> None:
    """They are addressed by an advertiser: a request of ours can be held against none of them."""
    for name in FILES:
        path, operation = described(name)
        assert path not in CALLS
        assert "advertiser_id" in json.dumps(operation)


async def test_the_token_has_the_described_name(tiktok: TikTok, connected: Make) -> None:
    """The description puts it into the query; TikTok's pages into a header, where no log shows it."""
    names = [one["name"] for file in FILES for one in described(file)[1]["parameters"]]
    assert names.count("Access-Token") == len(FILES)
    with pytest.raises(EngageError):
        await connected().send(kit.reply())
    (call,) = tiktok.calls
    assert call.headers["access-token"] == kit.TOKEN
    assert call.path.startswith(VERSION)
    assert call.path.endswith("/")
