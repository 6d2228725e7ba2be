"""The ids that clients give their chats, rows and calls."""

from __future__ import annotations

from random import Random


def _uuid(number: int) -> str:
    digits = f"{number:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def any_uuid(names: Random) -> str:
    """A random UUID (version 4)."""
    return _uuid((names.getrandbits(128) & ~(0xF << 76) & ~(0x3 << 62)) | (0x4 << 76) | (0x2 << 62))


def timed_uuid(names: Random, at: int) -> str:
    """A UUID of version 7, which begins with its moment."""
    return _uuid((at << 80) | (0x7 << 76) | (names.getrandbits(12) << 64) | (0x2 << 62) | names.getrandbits(62))


def token(names: Random, prefix: str) -> str:
    """A random id with this prefix."""
    return f"{prefix}{names.getrandbits(96):024x}"
