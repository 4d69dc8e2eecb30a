"""The error tree. Platforms map their answers to it once; callers decide by class, never by text.

EngageError
├── Retryable              try again later, nothing was done
│   ├── RateLimited        the platform said when (`retry_after`)
│   └── Unavailable        it could not be reached, or was not ready
├── Ambiguous              it may have been posted: settle it, never retry blind
├── Permanent              trying again cannot help
│   ├── Unauthorized       the account's access is gone: pause it and tell the operator
│   ├── Refused            this one reply is not wanted (blocked, gone, window over)
│   ├── InvalidSignature   the delivery is not from the platform
│   └── Malformed          the delivery, or a model's output, is not what it should be
├── ConfigError            a setting is wrong: names key, place and fix; exit code 2
└── IllegalTransition      a state machine was asked for a step its table does not have
"""

from datetime import timedelta


class EngageError(Exception):
    """Anything Engage raises on purpose. The docstring is the default message."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").strip().splitlines()[0])


class Retryable(EngageError):
    """Not done; it may succeed later.

    retry_after: when to try again, where the platform said so. spent: units of a quota that it counted all the same.
    """

    def __init__(self, message: str = "", *, retry_after: timedelta | None = None, spent: int = 0) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.spent = spent


class RateLimited(Retryable):
    """The platform asked to slow down."""


class Unavailable(Retryable):
    """The other side could not be reached."""


class Ambiguous(EngageError):
    """The answer was lost: it may or may not have been posted."""


class Permanent(EngageError):
    """It will not succeed however often it is tried."""


class Unauthorized(Permanent):
    """The account's access was refused; connect it again."""


class Refused(Permanent):
    """The platform does not accept this reply."""


class InvalidSignature(Permanent):
    """The signature does not match the body."""


class Malformed(Permanent):
    """The content does not have the expected form."""


class ConfigError(EngageError):
    """A setting is wrong.

    key: the setting's name; place: the file or environment it was read from; fix: what to do.
    """

    def __init__(self, message: str, *, key: str, place: str, fix: str) -> None:
        super().__init__(f"{key} ({place}): {message}. {fix}")
        self.key = key
        self.place = place
        self.fix = fix


class IllegalTransition(EngageError):
    """A state machine has no such step."""
