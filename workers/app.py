"""The Celery application: transport of wake-ups, nothing else.

A Celery message may be lost or doubled at any time; the ledger knows what is due (docs/adr/0001). So there is no result
backend, no countdown, eta, retry or rate limit here.
"""

from celery import Celery
from celery.signals import setup_logging
from kombu import Queue

from workers import logs, queues
from workers.services import redis_url

WAKE_EXPIRES = 30  # seconds; an older wake-up says nothing the sweeper does not know

app = Celery("engage", include=["workers.tasks"])
app.conf.update(
    broker_url=redis_url(),
    task_queues=[Queue(name) for name in queues.ALL],
    task_default_queue=queues.UPKEEP,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    task_publish_retry=False,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        "visibility_timeout": 60,
        "socket_connect_timeout": 2,
        "socket_timeout": 10,
        "socket_keepalive": True,
        "health_check_interval": 10,
        "retry_on_timeout": False,
        "max_retries": 0,  # a wake-up that cannot be sent is dropped at once; the consumer has a loop of its own
    },
)


@setup_logging.connect
def _log_in_our_form(**_: object) -> None:
    """Celery sets up handlers of its own where nobody does."""
    logs.configure_libraries()
