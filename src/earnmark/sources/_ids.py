"""Names for calls, shared by sources whose logs carry the ids of whatever server the client was pointed at."""

from __future__ import annotations

SHORTEST = 16
"""Ids shorter than this are counters or small random numbers, as some local servers hand out, and come up again."""


def call_key(source: str, identity: str, *marks: object) -> str:
    """The provider's own id where nobody else can have it, else one made of the source, the id and these marks of the call."""
    if len(identity) >= SHORTEST:
        return identity
    return ":".join((source, *(str(mark) for mark in (identity, *marks) if mark != "")))


def leftover(key: str, identity: str) -> str:
    """The provider's id where it did not become the key, for `Event.request`."""
    return identity if identity != key else ""
