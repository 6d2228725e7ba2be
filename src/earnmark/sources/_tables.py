"""What the sources that read SQLite share: databases that may be broken or of another version, and money that grows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from earnmark.model import Event
from earnmark.sources.reading import File

if TYPE_CHECKING:
    from sqlite3 import Connection


def opened(file: File, reader: Callable[[File, Connection], Iterator[Event]]) -> Iterator[Event]:
    """What `reader` makes of the file as a database; one that cannot be read is one fault."""
    import sqlite3

    file.at = -1
    try:
        with file.database() as database:
            database.text_factory = _tolerant
            yield from reader(file, database)
    except sqlite3.Error as error:
        file.fault(f"not readable as a database: {error}")


def columns(database: Connection, table: str) -> set[str]:
    """The names of a table's columns; none when there is no such table."""
    return {row["name"] for row in database.execute("SELECT name FROM pragma_table_info(?)", (table,))}


def select(database: Connection, table: str, wanted: Iterable[str], rest: str = "", values: tuple[Any, ...] = ()) -> Iterator[dict[str, Any]]:
    """The rows of a table with those of the wanted columns that it has. `rest` is what follows the table in the query.

    Raises sqlite3.OperationalError when the table is not there.
    """
    names = ", ".join(name for name in wanted if name in columns(database, table)) or "rowid"
    for row in database.execute(f"SELECT {names} FROM {table} {rest}", values):
        yield dict(row)


def cost_growth(file: File, session: str, suffix: str, cost: int | None) -> int | None:
    """What a session's running cost grew by; None when none is logged.

    `suffix` is that of `growth()` for the tokens: when it tells of a reset, the cost begins anew too. A cost below the one
    known (an estimate that was replaced by a lower real amount) counts as no growth.
    """
    if not cost:
        return None
    epoch = suffix.split(".", 1)[0]
    known = file.memory.get(f"{session} cost")
    before = known["cost"] if known and known["epoch"] == epoch else 0
    file.memory[f"{session} cost"] = {"epoch": epoch, "cost": max(cost, before)}
    return max(cost - before, 0)


def _tolerant(data: bytes) -> str:
    return data.decode("utf-8", "replace")
