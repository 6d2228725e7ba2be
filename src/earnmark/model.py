"""The frozen values every floor of Earnmark speaks in. Imports nothing of ours, and nothing heavy.

Token counts are whole numbers of tokens. The buckets of an event are disjoint: `input` excludes everything read from or
written to a prompt cache, `output` includes `reasoning`, and `total` is the sum of input, cache_read, cache_write_5m,
cache_write_1h and output. Money is in nano-dollars (1e-9 USD), whole numbers. Moments are milliseconds since 1970, UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from earnmark.sources.reading import File

NANO = 1_000_000_000
"""Nano-dollars in a dollar."""

MAIN, SUBAGENT, BACKGROUND = "main", "subagent", "background"
"""Who in an agent asked: the person's own thread, an agent it spawned, or the client behind the person's back."""

EXACT, PARTIAL, ESTIMATED, SNAPSHOT = "exact", "partial", "estimated", "snapshot"
"""How far the log can be trusted: per call; output cut short; guessed by the client; differences of a session's running totals."""


class Session(NamedTuple):
    """A conversation as its client names it. `parent` names the session it was spawned or forked from."""

    name: str
    parent: str = ""
    version: str = ""


class Lane(NamedTuple):
    """What many events of one session share: where they ran and how they are to be read.

    `project` is the working directory, verbatim. `billing` is "api", "subscription" or "" where the log does not say.
    `unit` names the unit of `Event.reported`: "usd", or a vendor's own, such as "credits" or "premium_requests".
    """

    source: str
    project: str = ""
    branch: str = ""
    thread: str = MAIN
    agent: str = ""
    billing: str = ""
    quality: str = EXACT
    unit: str = "usd"
    host: str = ""
    actor: str = ""


class Sku(NamedTuple):
    """What was bought: the model as the log spells it, who served it, and the tier asked for.

    `tier` is "" for the standard one, else one of "batch", "flex", "priority", "fast"; `region` is the inference region
    where it changes the price ("us"), else "".
    """

    model: str
    provider: str = ""
    tier: str = ""
    region: str = ""


class Event(NamedTuple):
    """One metered model call, as one source tells it.

    `key` names the call, the same for everyone who saw it: the provider's own id where the log has one, else a string
    that no other call can have (start it with the source's name). `request` is the provider's request id when that is
    something else. Of two events with one key the one with the higher `rank` is believed, whole; it defaults to the
    output tokens, so that a later, more complete row wins. `reported` is the cost the client itself logged, in billionths
    of `lane.unit`; None when it logged none.
    """

    key: str
    ts: int
    session: Session
    lane: Lane
    sku: Sku
    input: int = 0
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    output: int = 0
    reasoning: int = 0
    searches: int = 0
    reported: int | None = None
    request: str = ""
    rank: int | None = None

    @property
    def total(self) -> int:
        """All tokens of the call: the sum of its disjoint buckets."""
        return self.input + self.cache_read + self.cache_write_5m + self.cache_write_1h + self.output


class Fault(NamedTuple):
    """Something in a source that could not be read: where, and why. `offset` is in bytes, -1 for the whole file."""

    source: str
    path: str
    offset: int
    reason: str


class Machine(NamedTuple):
    """The machine a source looks for its logs on. `platform` is as in `sys.platform`."""

    home: str
    env: Mapping[str, str]
    platform: str

    def get(self, *names: str) -> str:
        """The first of these environment variables that is set and not empty, else ""."""
        return next((self.env[name] for name in names if self.env.get(name)), "")

    def under(self, *parts: str) -> str:
        """A path below the home directory."""
        return "/".join((self.home.rstrip("/"), *parts))

    @property
    def data(self) -> str:
        """$XDG_DATA_HOME, else ~/.local/share (what most agents use on every system)."""
        return self.get("XDG_DATA_HOME") or self.under(".local", "share")

    @property
    def config(self) -> str:
        """$XDG_CONFIG_HOME, else ~/.config."""
        return self.get("XDG_CONFIG_HOME") or self.under(".config")

    @property
    def applications(self) -> str:
        """Where desktop programs keep their data: Application Support, %APPDATA%, or ~/.config."""
        if self.platform == "darwin":
            return self.under("Library", "Application Support")
        if self.platform == "win32":
            return self.get("APPDATA") or self.under("AppData", "Roaming")
        return self.config


class Place(NamedTuple):
    """A directory (or single file) where a source's logs may be, and which files below it are logs.

    A file belongs when its path below `root`, with forward slashes, matches one of the `patterns` (as in `fnmatch`: `*`
    also crosses slashes) and none of the `skip` ones.
    """

    root: str
    patterns: tuple[str, ...]
    skip: tuple[str, ...] = ()


LINES, DOCUMENT, DATABASE = "lines", "document", "database"
"""How a log grows: by appended lines, by being rewritten whole, or as an SQLite database."""


class Source(NamedTuple):
    """One place that keeps usage: where its files are, and how one file becomes events.

    `kind(path)` is LINES, DOCUMENT or DATABASE. `read` yields the events of one file and notes what it could not read
    with `file.fault`. `version` is raised when `read` changes what it makes of the same bytes. `hides` says what the
    client is known to keep out of its log (totals are then a lower bound), "" when it is complete. `depends` names files
    and directories that `places` looks into: when one of them changes, it is asked again.
    """

    name: str
    title: str
    places: Callable[[Machine], list[Place]]
    read: Callable[[File], Iterator[Event]]
    kind: Callable[[str], str]
    version: int = 1
    hides: str = ""
    note: str = ""
    depends: Callable[[Machine], list[str]] = lambda machine: []


Row = Mapping[str, Any]
"""A decoded JSON object."""
