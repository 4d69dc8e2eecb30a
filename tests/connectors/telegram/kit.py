"""What the contract test needs to know of Telegram."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zlib import crc32

from engage.errors import Ambiguous, Refused, Unauthorized, Unavailable
from engage.models import Outgoing, Surface
from engage.platform import AccountLink

BOT_ID = "700100200"
TOKEN = f"{BOT_ID}:AAF0d1E2c3B4a5Z6y7X8w9V0u1T2s3R4q5P"
SECRETS = ("sec_7Qk2mXv9Lr4Tz8Bn1Wd6Yh3Jf5Pc0Gs", "sec_Ua8Ri3Ko6Ne1Mt9Xw4Bz7Vq2Hy5Dl0Fj")
EXPIRES = False
SIGNS_BODY = False  # Telegram shows the secret that it was given with the webhook
BEFORE = ()


def _refusal(code: int, description: str, **parameters: Any) -> tuple[int, dict[str, Any]]:
    more = {"parameters": parameters} if parameters else {}
    return code, {"ok": False, "error_code": code, "description": description, **more}


ERRORS = (
    (*_refusal(400, "Bad Request: message to be replied not found"), Refused),
    (*_refusal(400, "Bad Request: chat not found"), Refused),
    (*_refusal(400, "Bad Request: message is too long"), Refused),
    (*_refusal(400, "Bad Request: BUSINESS_PEER_USAGE_MISSING"), Refused),
    (*_refusal(400, "Bad Request: business connection not found"), Refused),
    (*_refusal(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-1001), Refused),
    (*_refusal(401, "Unauthorized"), Unauthorized),
    (*_refusal(403, "Forbidden: bot was blocked by the user"), Refused),
    (*_refusal(403, "Forbidden: bot was kicked from the supergroup chat"), Refused),
    (*_refusal(404, "Not Found"), Unauthorized),
    (404, "a page of somebody else's", Refused),
    (*_refusal(409, "Conflict: terminated by other getUpdates request"), Unavailable),
    (*_refusal(500, "Internal Server Error"), Ambiguous),
    (502, "<html>Bad Gateway</html>", Ambiguous),
)


def account(base_url: str, secrets: Sequence[str] = SECRETS) -> AccountLink:
    """A bot whose Bot API is at `base_url`."""
    return AccountLink(
        id="a1",
        platform_user_id=BOT_ID,
        handle="ada_answers_bot",
        config={"base_url": base_url, "owner_id": "42", "channel_id": "-1009000", "group_id": "-1001000"},
        credentials={"bot_token": TOKEN, "webhook_secret": " ".join(secrets)},
    )


def sign(secret: str, delivery: str, sent_at: datetime, body: bytes) -> dict[str, str]:
    """The headers of a delivery."""
    return {"x-telegram-bot-api-secret-token": secret}


def body(delivery: str) -> bytes:
    """An update that Telegram would deliver."""
    person = {"id": 5550001, "is_bot": False, "first_name": "Ann"}
    chat = {"id": 5550001, "type": "private", "first_name": "Ann"}
    message = {"message_id": 77, "from": person, "chat": chat, "date": 1795334400, "text": "café?"}
    return json.dumps({"update_id": crc32(delivery.encode()), "message": message}, indent=1).encode()


def reply(text: str = "Six weeks.") -> Outgoing:
    """A reply under a post of the channel."""
    return Outgoing("o1", "key-1", Surface.COMMENT, "thread:-1001000:300:5550001", "-1001000:310", "5550001", text)
