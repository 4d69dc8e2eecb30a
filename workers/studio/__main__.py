"""`python -m workers.studio`: serve the studio. At the first start it makes the owner's account."""

import sys

import uvicorn

from engage.ledger import schema, users
from engage.ledger.database import Database
from engage.settings import load
from workers import process
from workers.app import app as celery
from workers.studio.app import make_app
from workers.studio.context import StudioContext, utc_now
from workers.wake import Waker


def main() -> int:
    settings = load()
    process.begin(settings.log_level)
    db = Database(settings.ledger_url)
    schema.upgrade(db)
    with db.transaction() as tx:
        password = users.ensure_owner(tx, utc_now())
    if password:
        _tell(password)
    waker = Waker(celery)
    try:
        app = make_app(StudioContext(db, waker, settings))
        options = {"log_config": None, "access_log": False, "timeout_graceful_shutdown": 3}
        uvicorn.run(app, host=settings.host, port=settings.studio_port, **options)  # type: ignore[arg-type]
    finally:
        waker.close()
        db.close()
    return 0


def _tell(password: str) -> None:
    """To the terminal, this once. It is no log line: logs are kept."""
    print(f"\n  Studio: sign in as {users.OWNER}, password {password}\n", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
