"""What every source reads with: one log file, from where it was left, checked at the door.

Nothing here knows an agent. A bad line becomes one `Fault` that names file and offset; the rest goes on.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from earnmark.model import Fault, Row

if TYPE_CHECKING:
    from sqlite3 import Connection

CHUNK = 256 << 10
LONGEST_LINE = 64 << 20
LARGEST_DOCUMENT = 512 << 20
MOST_TOKENS = 1 << 34
"""More tokens than this in one bucket of one call is a broken counter, not usage."""


Needle = bytes | re.Pattern[bytes]


class Absurd(ValueError):
    """A number that no log can mean; the message names the field."""


class File:
    """One log file while it is read.

    `start` is the offset to read from, `state` what the reader wants to find again next time (plain dicts, lists, numbers
    and strings only), `memory` the same for all files of the source together. After reading, `offset` is the end of the last whole line that was taken, `faults` what could not be.
    """

    def __init__(
        self, source: str, path: str, start: int = 0, state: dict[str, Any] | None = None, bulk: bool = False, memory: dict[str, Any] | None = None
    ) -> None:
        self.source = source
        self.path = path
        self.start = start
        self.offset = start
        self.state: dict[str, Any] = {} if state is None else state
        self.memory: dict[str, Any] = {} if memory is None else memory
        self.bulk = bulk
        self.faults: list[Fault] = []
        self.at = start

    def fault(self, reason: str, offset: int | None = None) -> None:
        """Note something that could not be read, at `offset` or at the line being read."""
        self.faults.append(Fault(self.source, self.path, self.at if offset is None else offset, reason))

    # ---- lines -------------------------------------------------------------------------------------------------

    def lines(self, needle: Needle = b"", *, skip: bytes = b"", head: int = 0) -> Iterator[bytes]:
        """The whole lines after `start` that contain `needle`, without their newline; `at` is each one's offset.

        A line with `skip` among its first `head` bytes is passed over without looking further. Reads in chunks, so memory
        does not grow with the file. A line over LONGEST_LINE is skipped with a fault. What follows the last newline is left
        for the next time.
        """
        with self._open() as handle:
            base, parts, held = self.start, list[bytes](), 0
            while chunk := self._next(handle):
                begin = 0
                if parts:
                    stop = chunk.find(b"\n")
                    parts.append(chunk if stop < 0 else chunk[:stop])
                    held += len(parts[-1])
                    if held > LONGEST_LINE:
                        self.fault(f"a line longer than {LONGEST_LINE >> 20} MB was skipped", base)
                        held, stop, chunk = self._skip_line(handle, held, stop, chunk)
                        parts = [b""]
                    if stop < 0:
                        continue
                    line = b"".join(parts)
                    self.at = base
                    base += held + 1
                    begin, parts, held = stop + 1, [], 0
                    self.offset = base
                    yield from self._matching(line + b"\n", 0, len(line) + 1, self.at, needle, skip, head)
                end = chunk.rfind(b"\n") + 1
                if end > begin:
                    yield from self._matching(chunk, begin, end, base, needle, skip, head)
                    base += end - begin
                    self.offset = base
                if max(begin, end) < len(chunk):
                    parts = [chunk[max(begin, end) :]]
                    held = len(parts[0])

    def _matching(self, data: bytes, begin: int, end: int, base: int, needle: Needle, skip: bytes, head: int) -> Iterator[bytes]:
        """The wanted lines between two offsets of a chunk; `base` is where the first of them stands in the file."""
        find = data.find
        look = partial(find, needle) if isinstance(needle, bytes) else partial(_search, needle, data)
        shift = base - begin
        while begin < end:
            stop = find(b"\n", begin)
            if not (skip and find(skip, begin, begin + head) >= 0) and look(begin, stop) >= 0 and stop > begin:
                self.at = shift + begin
                yield data[begin:stop]
            begin = stop + 1

    def _next(self, handle: Any) -> bytes:
        """The next chunk; b"" at the end, or where the file cannot be read on (a fault)."""
        try:
            chunk: bytes = handle.read(CHUNK)
        except OSError as error:
            self.fault(error.strerror or str(error))
            return b""
        return chunk

    def _skip_line(self, handle: Any, held: int, stop: int, chunk: bytes) -> tuple[int, int, bytes]:
        """Read on to the next newline without keeping anything: the line's length, and where in which chunk it ends."""
        while stop < 0 and (chunk := self._next(handle)):
            stop = chunk.find(b"\n")
            held += len(chunk) if stop < 0 else stop
        return held, stop, chunk

    @contextmanager
    def _open(self) -> Iterator[Any]:
        if self.path.endswith(".zst"):
            import zstandard

            with open(self.path, "rb") as raw, zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True) as stream:
                yield _Frames(stream, zstandard.ZstdError)
        else:
            with open(self.path, "rb", buffering=0) as handle:
                handle.seek(self.start)
                yield handle

    # ---- JSON --------------------------------------------------------------------------------------------------

    def row(self, line: bytes) -> Row | None:
        """A line as a JSON object; None, with a fault, when it is not one."""
        try:
            row = self.decode(line)
        except (ValueError, RecursionError) as error:
            self.fault(f"not valid JSON: {_short(error)}")
            return None
        if not isinstance(row, dict):
            self.fault("a JSON object was expected")
            return None
        return row

    def rows(self, needle: Needle = b"") -> Iterator[Row]:
        """The lines that contain `needle`, decoded; bad ones become faults."""
        for line in self.lines(needle):
            if (row := self.row(line)) is not None:
                yield row

    def document(self) -> Any:
        """The whole file as JSON; None, with a fault, when it cannot be."""
        size = os.path.getsize(self.path)
        if size > LARGEST_DOCUMENT:
            self.fault(f"larger than {LARGEST_DOCUMENT >> 20} MB: skipped", -1)
            return None
        with open(self.path, "rb") as handle:
            data = handle.read()
        try:
            value = self.decode(data)
        except (ValueError, RecursionError) as error:
            self.fault(f"not valid JSON: {_short(error)}", -1)
            return None
        self.offset = len(data)
        return value

    @property
    def decode(self) -> Callable[[bytes], Any]:
        """JSON bytes to plain Python values, by the decoder that suits the amount to read."""
        return _quick_decode if self.bulk else _plain_decode

    # ---- SQLite ------------------------------------------------------------------------------------------------

    @contextmanager
    def database(self) -> Iterator[Connection]:
        """The file as a read-only SQLite connection that sees its write-ahead log. Raises sqlite3.Error."""
        import sqlite3
        from urllib.parse import quote

        connection = sqlite3.connect(f"file:{quote(self.path)}?mode=ro", uri=True, timeout=5)
        connection.row_factory = sqlite3.Row
        connection.text_factory = _lenient
        try:
            yield connection
        finally:
            connection.close()


def growth(file: File, session: str, counters: dict[str, int]) -> tuple[str, dict[str, int]] | None:
    """What a session's running totals grew by since they were last seen: a suffix for the event's key, and the differences.

    None when there is nothing new. A total below the one known is a reset (counted whole, as a new epoch) when it stands
    in the file the known one came from, and a stale copy (ignored) in any other.
    """
    known = file.memory.get(session)
    epoch, before = 0, dict.fromkeys(counters, 0)
    if known:
        epoch, before = known["epoch"], {name: known["counters"].get(name, 0) for name in counters}
        if any(counters[name] < before[name] for name in counters):
            if known["path"] != file.path:
                return None
            epoch, before = epoch + 1, dict.fromkeys(counters, 0)
    grown = {name: counters[name] - before[name] for name in counters}
    if not any(grown.values()):
        return None
    file.memory[session] = {"epoch": epoch, "counters": counters, "path": file.path}
    return f"{epoch}.{sum(counters.values())}", grown


def _search(pattern: re.Pattern[bytes], data: bytes, begin: int, end: int) -> int:
    found = pattern.search(data, begin, end)
    return found.start() if found else -1


class _Frames:
    """A compressed file as it is read; a damaged one is an OSError like any file that cannot be read on."""

    def __init__(self, stream: Any, damaged: type[Exception]) -> None:
        self.stream = stream
        self.damaged = damaged

    def read(self, size: int) -> bytes:
        try:
            data: bytes = self.stream.read(size)
        except self.damaged as error:
            raise OSError(0, f"damaged compression: {str(error)[:80]}") from None
        return data


def _quick_decode(data: bytes) -> Any:
    """By the compiled decoder; what it refuses, such as half a character in a text that was cut off, by the other."""
    from msgspec.json import decode

    try:
        return decode(data)
    except ValueError:
        return _plain_decode(data)


def _plain_decode(data: bytes) -> Any:
    import json

    return json.loads(data)


def _short(error: Exception) -> str:
    return str(error).splitlines()[0][:120]


# ---- fields, checked at the door -----------------------------------------------------------------------------------


def tokens(row: Row | None, *names: str) -> int:
    """The first of these fields that is there, as a token count; 0 when none is, or it is null.

    Takes whole numbers, also as floats or in strings. Raises Absurd for anything else, below 0, or beyond MOST_TOKENS.
    """
    if not row:
        return 0
    for name in names:
        value = row.get(name)
        if value is not None:
            return count(value, name)
    return 0


def count(value: Any, name: str) -> int:
    """One token count, checked as in `tokens`."""
    try:
        number = value if type(value) is int else int(value)
    except (TypeError, ValueError, OverflowError):
        raise Absurd(f"{name} is {_kind(value)}, not a number") from None
    if isinstance(value, bool):
        raise Absurd(f"{name} is true or false, not a number")
    if not 0 <= number < MOST_TOKENS:
        raise Absurd(f"{name} is {number if abs(number) < 1e18 else 'a huge number'}, which no call can have")
    return number


def _lenient(data: bytes) -> str:
    """Text of a database, whatever its bytes: SQLite's own complaint would quote it."""
    return data.decode("utf-8", "replace")


def _kind(value: Any) -> str:
    """What a value is, without saying it: it may be somebody's words."""
    if value is None:
        return "nothing"
    return f"a text of {len(value)} characters" if isinstance(value, str) else f"a {type(value).__name__}"


def text(row: Row | None, *names: str) -> str:
    """The first of these fields that is a non-empty string, else ""; at most 500 characters of it."""
    if row:
        for name in names:
            value = row.get(name)
            if isinstance(value, str) and value:
                return value[:500]
    return ""


def child(row: Row | None, *names: str) -> Row:
    """The object at the end of this path of field names; {} when there is none."""
    for name in names:
        value = row.get(name) if row else None
        row = value if isinstance(value, dict) else None
    return row or {}


def items(row: Row | None, name: str) -> list[Any]:
    """The list under this name; [] when there is none."""
    value = row.get(name) if row else None
    return value if isinstance(value, list) else []


def money(value: Any) -> int | None:
    """A logged amount of dollars (or other whole units) in billionths; None when there is none or it cannot be one."""
    if value is None or isinstance(value, bool):
        return None
    try:
        amount = float(str(value).lstrip("$"))
    except ValueError:
        return None
    return round(amount * 1e9) if 0 <= amount < 1e8 else None


EARLIEST, LATEST = 1_577_836_800_000, 4_102_444_800_000
"""2020 and 2100: a moment outside is a broken clock or the wrong unit."""


def moment(value: Any) -> int:
    """An ISO 8601 string, or seconds or milliseconds since 1970, as milliseconds since 1970.

    A time without a zone is taken as UTC. Raises Absurd when it is none of these, or outside 2020 to 2100.
    """
    if type(value) is str:
        if len(value) == 24 and value[23] == "Z":
            minute, digits = _MINUTES.get(value[:16]), value[17:19] + value[20:23]
            if minute is not None and value[19] == "." and digits < "60" and digits.isdigit():
                return minute + int(digits)
            return _new_minute(value)
        result = _iso(value) if value[4:5] == "-" else _number(value)
    else:
        result = _number(value)
    if not EARLIEST <= result < LATEST:
        raise Absurd(f"the time {result // 1000} (seconds since 1970) is not between 2020 and 2100")
    return result


def _number(value: Any) -> int:
    """Seconds or milliseconds since 1970 as milliseconds."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise Absurd(f"{_kind(value)} stands where a time should") from None
    if not abs(number) < 1e15:
        raise Absurd("the time is a huge number")
    return int(number) if number > 1e11 else round(number * 1000)


_DAYS: dict[str, int] = {}
_MINUTES: dict[str, int] = {}
"""The start of days and minutes met lately, by their text: logs write many moments of each."""


def _new_minute(value: str) -> int:
    """A moment in the usual form, 2026-11-22T12:30:36.326Z, whose minute is then known to the next."""
    clock = value[11:13] + value[14:16]
    day = _DAYS.get(value[:11])
    if day is None or value[13] != ":" or value[16] != ":" or not clock.isdigit() or clock >= "24" or clock[2:] >= "60":
        result = moment(value[:23] + "+00:00")
        if value[10] == "T":
            _DAYS[value[:11]] = result - result % 86_400_000
        return result
    if len(_MINUTES) > 5000:
        _MINUTES.clear()
    minute = _MINUTES[value[:16]] = day + int(clock[:2]) * 3_600_000 + int(clock[2:]) * 60_000
    digits = value[17:19] + value[20:23]
    return minute + int(digits) if value[19] == "." and digits < "60" and digits.isdigit() else moment(value[:23] + "+00:00")


def _iso(value: str) -> int:
    from datetime import UTC, datetime

    try:
        when = datetime.fromisoformat(value)
    except ValueError:
        raise Absurd(f"{_kind(value)} stands where a time should") from None
    return round((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() * 1000)
