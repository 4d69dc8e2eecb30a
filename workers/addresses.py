"""Where platforms and browsers find us: what an operator enters in a platform's console. Pure."""

import connectors
from engage.settings import Settings

BACK = "/connect/{platform}/back"  # where a platform's page sends the creator, below the studio's address


def hook_of(settings: Settings, platform: str, account_id: str) -> str:
    """Where a platform's events for an account arrive; '' where nothing is reachable from outside."""
    base = settings.public_url.rstrip("/")
    whole = f"{base}/hooks/{platform}"
    if not base:
        return ""
    return whole if connectors.webhooks_of(platform) else f"{whole}/{account_id}"


def back_of(studio_url: str, platform: str) -> str:
    """Where a platform's page sends a creator who has consented."""
    return studio_url.rstrip("/") + BACK.format(platform=platform)
