"""What YouTube's refusals mean. It names a reason in the body; of the status alone little can be said.

https://developers.google.com/youtube/v3/docs/errors and https://developers.google.com/youtube/v3/live/docs/errors
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from connectors.answers import Dialect, retry_after, words
from connectors.fields import get
from connectors.youtube.limits import COMMENT_WRITE, until_reset
from engage.errors import EngageError, RateLimited, Refused, Retryable, Unauthorized, Unavailable

QUOTA = frozenset("quotaExceeded dailyLimitExceeded".split())
RATE = frozenset(
    "rateLimitExceeded userRateLimitExceeded userRequestsExceedRateLimit RATE_LIMIT_EXCEEDED RESOURCE_EXHAUSTED".split()
)
ACCESS = frozenset(
    """
    authError authorizationRequired insufficientPermissions insufficientLivePermissions ACCESS_TOKEN_SCOPE_INSUFFICIENT
    authenticatedUserAccountClosed authenticatedUserAccountSuspended authenticatedUserNotChannel youtubeSignupRequired
    channelClosed channelSuspended accessNotConfigured SERVICE_DISABLED
    """.split()
)
# Nothing was done, and it may be later.
LATER = frozenset("processingFailure ABORTED".split())
CHAT_OVER = frozenset("liveChatEnded liveChatDisabled liveChatNotFound".split())
GONE = frozenset("commentNotFound parentCommentNotFound liveChatMessageNotFound notFound NOT_FOUND".split())
BAD_PAGE = frozenset("invalidPageToken pageTokenInvalid".split())
NO_STREAMING = "liveStreamingNotEnabled"
# Google's day may begin a moment after ours, and units may be added: the rest of a day is not waited for in one piece.
ASKED_AGAIN = timedelta(hours=1)


class Said(Refused):
    """A refusal with YouTube's reasons."""

    def __init__(self, message: str, reasons: frozenset[str], status: int) -> None:
        super().__init__(message)
        self.reasons = reasons
        self.status = status

    @property
    def gone(self) -> bool:
        """What was asked about does not exist any more."""
        return self.status == 404 or bool(self.reasons & GONE)


def not_before(error: Retryable, wait: timedelta) -> Retryable:
    """The same error, with a wait of at least so long."""
    return type(error)(str(error), retry_after=max(wait, error.retry_after or wait))


def reasons_in(body: Any) -> frozenset[str]:
    """The words for machines in an error's body."""
    told = [get(body, "error", "status")]
    for field in ("errors", "details"):
        rows = get(body, "error", field)
        told += [get(row, "reason") for row in rows] if isinstance(rows, list) else []
    return frozenset(word for word in told if isinstance(word, str))


def refusal(response: httpx.Response) -> EngageError | None:
    """What an answer stands for; None leaves it to its status."""
    if response.is_success:
        return None
    try:
        body = response.json()
    except ValueError:
        body = None
    wait = retry_after(response.headers, datetime.now(UTC))
    return by_reason(reasons_in(body), response.status_code, words(response, Dialect()), wait, datetime.now(UTC))


def by_reason(
    reasons: frozenset[str], status: int, said: str, wait: timedelta | None, now: datetime
) -> EngageError | None:
    """The table of the README; None where the status alone decides."""
    if reasons & QUOTA:
        return RateLimited(
            f"{said} (the project's units of the day are used up)", retry_after=min(until_reset(now), ASKED_AGAIN)
        )
    if reasons & RATE:
        return RateLimited(said, retry_after=wait)
    if reasons & ACCESS:
        return Unauthorized(said)
    if reasons & LATER:
        return Unavailable(said, retry_after=wait, spent=COMMENT_WRITE)  # what it cost at most
    if status == 501:  # the method is not there: as a refusal, so that another way is taken
        return Said(said, reasons, status)
    if 400 <= status < 500 and status not in (401, 408, 429):
        return Said(f"{said} ({', '.join(sorted(reasons)) or 'no reason given'})", reasons, status)
    return None


DIALECT = Dialect(special=refusal)
