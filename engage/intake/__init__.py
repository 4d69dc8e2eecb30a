"""From a stored delivery to messages and turns: one path for webhooks, polls and streams."""

from engage.intake.events import IntakePolicy, storable
from engage.intake.processing import Delivered, ParserOf, process

__all__ = ["Delivered", "IntakePolicy", "ParserOf", "process", "storable"]
