"""The Book: the one object a face holds. It opens the ledger, brings it up to date, and answers questions."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from earnmark import __version__, rules
from earnmark.book.asking import ALL_TIME, Answer, Naming, Question, ask
from earnmark.book.collecting import Collected, Progress, collect
from earnmark.book.config import Config, load
from earnmark.book.projects import Namer, resolve
from earnmark.book.surveying import Plan, plans
from earnmark.model import Fault, Machine
from earnmark.rules.blocks import Block, Hour, blocks
from earnmark.rules.calendar import DAY, HOUR, Zone, zone
from earnmark.store import query
from earnmark.store.ledger import Ledger, LedgerError

if TYPE_CHECKING:
    from earnmark.book.pricing import Prices

STATUS = "status.json"
SELDOM = 30_000
"""When nothing changed, the time of the reading is written down every so many milliseconds at the most."""


class Found(NamedTuple):
    """What is known of one source on this machine: where its logs are, what they gave, and what they could not."""

    name: str
    title: str
    hides: str
    roots: list[str]
    files: int
    sessions: int
    calls: int
    first: int
    last: int
    faults: list[Fault]


class Book:
    """An open ledger with its settings. Make one with `Book.open()`, use it as a context manager."""

    def __init__(self, config: Config, machine: Machine, ledger: Ledger, warnings: list[str]) -> None:
        self.config = config
        self.machine = machine
        self.ledger = ledger
        self.warnings = warnings
        self.collected: int | None = ledger.get("collected")

    @classmethod
    def open(cls, env: Mapping[str, str] | None = None) -> Book:
        """Open the ledger of this machine's user. Raises ConfigError, and LedgerError when the ledger is a newer one's.

        Where the data directory cannot be written the ledger is kept in memory for this run, and `warnings` says so.
        """
        env = os.environ if env is None else env
        home = data_directory(env)
        config = load(env, config_path(env))
        machine = Machine(os.path.expanduser("~") if env is os.environ else env.get("HOME", ""), env, sys.platform)
        path = os.path.join(home, "ledger.db")
        warnings: list[str] = []
        try:
            os.makedirs(home, exist_ok=True)
            ledger = Ledger.open(path)
        except (OSError, LedgerError) as error:
            if isinstance(error, LedgerError) and "newer Earnmark" in str(error):
                raise
            reason = (
                str(error) if isinstance(error, LedgerError) else f"{home} cannot be made ({error.strerror}). Set EARNMARK_HOME to another directory"
            )
            warnings.append(f"{reason}. Counting in memory for this run")
            ledger = Ledger.in_memory(path)
        return cls(config, machine, ledger, warnings)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.ledger.close()

    # ---- bringing it up to date ------------------------------------------------------------------------------------

    @cached_property
    def plans(self) -> list[Plan]:
        """Where each source that is not switched off may keep its logs."""
        machines = [self.machine, *(_further(home, self.machine.platform) for home in self.config["homes"])]
        return [plan for plan in plans(self.ledger, machines, __version__) if plan.source not in self.config["disabled"]]

    def collect(self, progress: Progress | None = None, now: int | None = None) -> Collected:
        """Read what the agents logged since the last time. Raises LedgerError when it cannot be written down."""
        done = collect(self.ledger, self.plans, self._encoder, progress, self.config["workers"])
        if done.changed:
            self._resolve_projects()
        self._notice_prices()
        self.collected = now_ms() if now is None else now
        if done.changed or self.collected - int(self.ledger.get("collected", 0)) > SELDOM:
            with self.ledger.transaction():
                self.ledger.put("collected", self.collected)
        if done.changed or not os.path.exists(self.status_path):
            self.write_status(self.collected)
        return done

    def _encoder(self, much: bool) -> Any:
        """What names and prices events; with `much` to do, ready to be shared by several readers."""
        from earnmark.rules.price import canonical
        from earnmark.store.encode import Encoder

        prices = self.prices
        if much:
            prices.load()
        return Encoder(prices.find, canonical, prices.edition)

    @cached_property
    def prices(self) -> Prices:
        """The prices in force."""
        from earnmark.book.pricing import Prices, edition

        overrides = self.config["prices"]
        return Prices(overrides, edition(overrides), self.ledger)

    def _notice_prices(self) -> None:
        """When the prices are others than the last time, price the calls that had none; the others keep theirs until `reprice`."""
        known = self.ledger.get("prices")
        mark = price_mark(self.config["prices"])
        if known == mark:
            return
        edition, was = self.prices.edition, self.ledger.get("edition")
        if was not in (None, edition):
            self.reprice(only_unpriced=True)
        with self.ledger.transaction():
            self.ledger.put("prices", mark)
            self.ledger.put("edition", edition)
            if was not in (None, edition):
                self.ledger.put("outdated", 1)

    @property
    def outdated(self) -> bool:
        """Whether calls may be priced by other prices than those now in force."""
        return bool(self.ledger.get("outdated", 0))

    def after_import(self) -> None:
        """Name the projects that an import brought, and bring the status bar's file up to date."""
        self._resolve_projects()
        self.write_status(now_ms())

    def reprice(self, *, only_unpriced: bool = False) -> tuple[int, int, int]:
        """Price calls again by the prices now in force; returns how many changed, and the cost of everything before and after."""
        from earnmark.book.repricing import reprice

        result = reprice(self.ledger, self.prices.fresh(), only_unpriced=only_unpriced)
        if not only_unpriced:
            with self.ledger.transaction():
                self.ledger.put("outdated", 0)
        return result

    def _resolve_projects(self) -> None:
        known = query.projects(self.ledger)
        fresh = {row[2] for row in query.lanes(self.ledger)} - set(known) - {""}
        if fresh:
            with self.ledger.transaction():
                self.ledger.add_projects((path, *resolve(path)) for path in sorted(fresh))

    # ---- asking --------------------------------------------------------------------------------------------------------

    @cached_property
    def naming(self) -> Naming:
        """How projects are called, and how sources are paid for."""
        return Naming(Namer(query.projects(self.ledger), self.config["projects"]), self.config["billing"])

    def zone(self, name: str = "") -> Zone:
        """A time zone by name, the settings' one, or this computer's, over all the time the ledger knows."""
        low, high = query.extent(self.ledger) or (now_ms() - DAY, now_ms())
        name = name or self.config["timezone"]
        return zone(name or local_zone_name(), _offset(name), min(low, now_ms() - 400 * DAY) - DAY, max(high, now_ms()) + 400 * DAY)

    def ask(self, question: Question, zone: Zone) -> Answer:
        """Answer a question from the rollups, which are made finer first when the zone's hours ask for it."""
        if zone.grain % self.ledger.grain:
            self.ledger.rebuild(zone.grain)
        return ask(self.ledger, question, zone, self.naming, 6 if self.config["week_start"] == "sunday" else 0)

    def blocks(self, since: int = ALL_TIME[0], until: int = ALL_TIME[1], **filters: Any) -> list[Block]:
        """The five-hour blocks of a stretch of time, oldest first; sums in the order of SUMS."""
        question = Question(("hour",), since, until, **filters)
        answer = ask(self.ledger, question, self.zone("UTC"), self.naming)
        return blocks(Hour(row.first // HOUR * HOUR, row.first, row.last, row.sums) for row in answer.rows)

    def sources(self) -> Iterator[Found]:
        """Every source that is switched on, with what was found of it."""
        counted = query.source_counts(self.ledger)
        files = query.file_counts(self.ledger)
        faults = self.ledger.faults()
        for plan in self.plans:
            sessions, calls, first, last = counted.get(plan.source, (0, 0, 0, 0))
            roots = [place.root for place in plan.places]
            yield Found(plan.source, plan.title, plan.hides, roots, files.get(plan.source, 0), sessions, calls, first, last,
                        [fault for fault in faults if fault.source == plan.source])  # fmt: skip

    # ---- the small file for status bars ------------------------------------------------------------------------------

    @property
    def status_path(self) -> str:
        """The file a status bar reads."""
        return os.path.join(data_directory(self.machine.env), STATUS)

    def write_status(self, now: int) -> None:
        """Write down what a status bar shows, so that it needs nothing but this file."""
        from earnmark.book.status import snapshot

        if self.ledger.path != ":memory:":
            snapshot(self, self.status_path, now)


def _further(home: str, platform: str) -> Machine:
    """Another home directory as a machine without an environment; one of Windows is told by its AppData."""
    return Machine(home.rstrip("/\\"), {}, "win32" if os.path.isdir(os.path.join(home, "AppData")) else platform)


def now_ms() -> int:
    """The clock: milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


def price_mark(overrides: list[dict[str, Any]]) -> str:
    """Something that changes with the prices in force, had without reading the price list."""
    status = os.stat(os.path.join(os.path.dirname(rules.__file__), "prices.json"))
    return f"{status.st_size} {status.st_mtime_ns} {overrides}"


def data_directory(env: Mapping[str, str]) -> str:
    """$EARNMARK_HOME, else the user's data directory as the system has it."""
    if env.get("EARNMARK_HOME"):
        return env["EARNMARK_HOME"]
    from platformdirs import user_data_dir

    return user_data_dir("earnmark", appauthor=False)


def config_path(env: Mapping[str, str]) -> str:
    """config.toml in $EARNMARK_HOME if that is set, else in the user's configuration directory."""
    if env.get("EARNMARK_HOME"):
        return os.path.join(env["EARNMARK_HOME"], "config.toml")
    from platformdirs import user_config_dir

    return os.path.join(user_config_dir("earnmark", appauthor=False), "config.toml")


def local_zone_name() -> str:
    """What to call this computer's own time zone."""
    chosen = os.environ.get("TZ", "").removeprefix(":")
    target = chosen or (os.path.realpath("/etc/localtime") if os.path.exists("/etc/localtime") else "")
    return target.partition("zoneinfo/")[2] or chosen or time.tzname[0]


def _offset(name: str) -> Any:
    """The offset of a zone at a moment, in milliseconds; of this computer's own for an empty name."""
    if not name:
        return lambda ts: time.localtime(ts // 1000).tm_gmtoff * 1000
    if name.upper() == "UTC":
        return lambda _: 0
    from datetime import UTC, datetime
    from zoneinfo import ZoneInfo

    from earnmark.book.config import ConfigError

    try:
        place = ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise ConfigError(f'there is no time zone "{name}"; use a name such as Europe/Stockholm or UTC') from None

    def offset(ts: int) -> int:
        found = datetime.fromtimestamp(ts // 1000, UTC).astimezone(place).utcoffset()
        return int(found.total_seconds() * 1000) if found else 0

    return offset
