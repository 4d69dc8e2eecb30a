"""The operator's own page, where anyone can talk to the avatar: it needs no platform."""
