"""The baseline's Celery application: each task posts one reply, as a bot without a ledger does it.

Everything Celery offers against loss is on: a task is acknowledged when it is done, given back when its worker dies,
and delivered again when nobody acknowledged it.
"""

import json
import os
import time
import urllib.request
from typing import Any

from celery import Celery
from celery.signals import worker_init

from workers import process

VISIBILITY_SECONDS = 5
MODEL_SECONDS = 0.02
ANSWER_SECONDS = 0.01  # the platform's answer travels back

app = Celery("stock", broker=os.environ.get("CHAOS_BROKER", "memory://"))
app.conf.update(
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=4,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    visibility_timeout=VISIBILITY_SECONDS,
    broker_transport_options={
        "visibility_timeout": VISIBILITY_SECONDS,
        "unacked_restore_interval": 1,
        "unacked_restore_throttle": 1,
    },
)


def _post(url: str, token: str, message: dict[str, Any]) -> None:
    """No key goes along: most platforms take none."""
    time.sleep(MODEL_SECONDS)
    reply = {**message, "text": "Thank you for writing!", "automated": True}
    headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
    call = urllib.request.Request(f"{url}/api/reply", json.dumps(reply).encode(), headers)  # noqa: S310 - 127.0.0.1
    with urllib.request.urlopen(call, timeout=10) as answer:  # noqa: S310
        answer.read()
    time.sleep(ANSWER_SECONDS)


def _follow_parent(**_: Any) -> None:
    process.end_with_parent()


post = app.task(_post, name="stock.post")
worker_init.connect(_follow_parent)
