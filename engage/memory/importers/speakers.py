"""Who speaks in a chat, for the refusal of one in which the creator is not known. Pure."""

_SHOWN = 12


class Speakers:
    """The names that were heard, and whether one of them is the creator."""

    def __init__(self) -> None:
        self._names: dict[str, None] = {}
        self._known = False

    def hear(self, name: str, *, mine: bool) -> None:
        """Somebody speaks."""
        self._known = self._known or mine
        if name and len(self._names) <= _SHOWN:
            self._names[name] = None

    def refusal(self) -> str:
        """What to do about a chat in which the creator does not speak, "" where they do or nobody does."""
        if self._known or not self._names:
            return ""
        names = ", ".join([*self._names][:_SHOWN]) + (", …" if len(self._names) > _SHOWN else "")
        return f"nobody in it is known to be the creator: say who with --me NAME; there are {names}"
