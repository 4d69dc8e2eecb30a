"""Where Twitch is: three hosts, all of which a `base_url` moves elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engage.platform import AccountLink, App


@dataclass(frozen=True, slots=True)
class Hosts:
    """Addresses without a slash at the end."""

    helix: str = "https://api.twitch.tv/helix"
    oauth: str = "https://id.twitch.tv/oauth2"
    stream: str = "wss://eventsub.wss.twitch.tv/ws"


def hosts_of(*configs: Mapping[str, Any]) -> Hosts:
    """The first config that has a `base_url` decides."""
    base = next((str(config["base_url"]).rstrip("/") for config in configs if config.get("base_url")), "")
    if not base:
        return Hosts()
    return Hosts(f"{base}/helix", f"{base}/oauth2", f"{base.replace('http', 'ws', 1)}/ws")


def hosts_for(account: AccountLink) -> Hosts:
    """As the account or its application says."""
    return hosts_of(account.config, account.app.config)


def hosts_for_app(app: App) -> Hosts:
    """As the application says."""
    return hosts_of(app.config)
