"""One source of identifiers: random, or the same on every run when a seed is set."""

from __future__ import annotations

import random
import uuid


class Ids:
    """Makes the identifiers of an exchange. With a ``seed`` two exchanges make the same ones."""

    def __init__(self, seed: int | str | None = None) -> None:
        self._random: random.Random = random.SystemRandom() if seed is None else random.Random(seed)

    def uuid(self) -> str:
        """A version 4 UUID with dashes: outbound legs, applications."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def hex(self, length: int = 32) -> str:
        """Hexadecimal digits without dashes: inbound legs, API keys."""
        return "".join(self._random.choices("0123456789abcdef", k=length))

    def conversation(self) -> str:
        """``CON-`` and a UUID."""
        return f"CON-{self.uuid()}"

    def secret(self, length: int) -> str:
        """Letters and digits, for secrets."""
        letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
        return "".join(self._random.choices(letters, k=length))
