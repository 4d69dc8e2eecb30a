"""How far an account was followed, as it is kept between two looks. Pure."""

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Self

BEGINNING = "0"  # older than every id


@dataclass(frozen=True, slots=True)
class Mark:
    """mention: the newest notification that was fetched; own: the account's newest status; heard: until when the
    stream was open. Each is '' before the first look."""

    mention: str = ""
    own: str = ""
    heard: str = ""

    @classmethod
    def of(cls, cursor: str) -> Self:
        """The mark that a cursor holds; none at all where it is not one of ours."""
        try:
            said = json.loads(cursor) if cursor else {}
            return cls(**{name: str(said[name]) for name in ("mention", "own", "heard") if name in said})
        except (ValueError, TypeError):
            return cls()

    @property
    def cursor(self) -> str:
        return json.dumps(asdict(self))

    @property
    def heard_at(self) -> datetime | None:
        return datetime.fromisoformat(self.heard) if self.heard else None

    def after_mention(self, notification_id: str) -> Self:
        return replace(self, mention=newest(self.mention, notification_id))

    def after_own(self, status_id: str) -> Self:
        return replace(self, own=newest(self.own, status_id))

    def heard_until(self, moment: datetime) -> Self:
        return replace(self, heard=moment.isoformat())


def age_order(identifier: str) -> tuple[int, str]:
    """Ids are opaque strings: a longer one is newer, equally long ones go by their letters.

    https://docs.joinmastodon.org/api/guidelines/#id
    """
    return len(identifier), identifier


def newest(*identifiers: str) -> str:
    return max(identifiers, key=age_order)


def id_in(row: Any) -> str:
    """The id of something that was fetched; '' where it has none."""
    found = row.get("id") if isinstance(row, dict) else None
    return found if isinstance(found, str) else ""
