"""Carrying a ledger: every witness out to a file, and in again, as JSON lines, CSV or Parquet, without loss."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, TextIO

from earnmark.model import Lane, Session, Sku
from earnmark.rules.price import Tariff, canonical
from earnmark.sources.reading import EARLIEST, LATEST, MOST_TOKENS
from earnmark.store.encode import identity
from earnmark.store.ledger import EXPORTED, Ledger, LedgerError, Names, Rowing

CHUNK = 5_000
_AT = {name: index for index, name in enumerate(EXPORTED)}
NUMBERS = frozenset(
    [
        "key",
        "rank",
        "ts",
        "input",
        "cache_read",
        "cache_write_5m",
        "cache_write_1h",
        "output",
        "reasoning",
        "searches",
        "reported",
        "request",
        "list",
        "cost",
        "contracted",
    ]
)
OPTIONAL = frozenset(["reported", "request", "list", "cost", "tariff", "contracted"])
TOKENS = ("input", "cache_read", "cache_write_5m", "cache_write_1h", "output", "reasoning", "searches")
NOTHING = "Nothing of the file was imported"


def write_lines(ledger: Ledger, stream: TextIO) -> int:
    """Every witness as a line of JSON; returns how many."""
    written = 0
    for row in ledger.exported():
        stream.write(json.dumps(dict(zip(EXPORTED, row, strict=True)), separators=(",", ":"), ensure_ascii=False) + "\n")
        written += 1
    return written


def write_csv(ledger: Ledger, stream: TextIO) -> int:
    """Every witness as a line of CSV under a header; an empty field is an unknown value."""
    writer = csv.writer(stream)
    writer.writerow(EXPORTED)
    written = 0
    for row in ledger.exported():
        writer.writerow(row)
        written += 1
    return written


def write_parquet(ledger: Ledger, path: str) -> int:
    """Every witness in a Parquet file. Raises LedgerError when pyarrow is not installed."""
    arrow, parquet = _arrow()
    schema = arrow.schema([(name, arrow.int64() if name in NUMBERS else arrow.string()) for name in EXPORTED])
    written = 0
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for chunk in _chunks(ledger.exported()):
            columns = [arrow.array(values, field.type) for values, field in zip(zip(*chunk, strict=True), schema, strict=True)]
            writer.write_table(arrow.table(columns, schema=schema))
            written += len(chunk)
    return written


def _arrow() -> tuple[Any, Any]:
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError:
        raise LedgerError("Parquet needs pyarrow: install it with  uv tool install 'earnmark[parquet]'  or write .csv or .jsonl") from None
    return arrow, parquet


@contextmanager
def _refusing(name: str, kind: str, *wrong: type[Exception]) -> Iterator[None]:
    """Say of a file that cannot be read as what it is said to be."""
    try:
        yield
    except wrong as error:
        raise LedgerError(f"{name} cannot be read as {kind}: {' '.join(str(error).split())[:200]}. {NOTHING}") from None


def read_lines(stream: TextIO, name: str) -> Iterator[Rowing]:
    """Witnesses from lines of JSON. Raises LedgerError naming the line that cannot be one."""
    with _refusing(name, "JSON lines", UnicodeDecodeError):
        for number, line in enumerate(stream, 1):
            if line.strip():
                with _refusing(f"{name}, line {number},", "JSON", ValueError, RecursionError):
                    row = json.loads(line)
                yield checked(row if isinstance(row, dict) else {}, f"{name}, line {number}")


def read_csv(stream: TextIO, name: str) -> Iterator[Rowing]:
    """Witnesses from CSV with a header. Raises LedgerError naming the line that cannot be one."""
    with _refusing(name, "CSV", UnicodeDecodeError, csv.Error):
        reader = csv.DictReader(stream)
        if reader.fieldnames is not None:
            _check_names(reader.fieldnames, f"{name}, line 1")
        for row in reader:
            yield checked({key: _from_text(key, value) for key, value in row.items() if key is not None}, f"{name}, line {reader.line_num}")


def _from_text(name: str, value: Any) -> Any:
    if name in NUMBERS:
        try:
            return int(value) if value else None
        except (TypeError, ValueError):
            return value
    return None if value == "" and name in OPTIONAL else value


def read_parquet(path: str) -> Iterator[Rowing]:
    """Witnesses from a Parquet file. Raises LedgerError when it cannot be read."""
    arrow, parquet = _arrow()
    number = 0
    with _refusing(path, "Parquet", OSError, arrow.ArrowException):
        for batch in parquet.ParquetFile(path).iter_batches(CHUNK):
            for row in batch.to_pylist():
                number += 1
                yield checked(row, f"{path}, row {number}")


def _check_names(names: Iterable[str], where: str) -> None:
    missing = [name for name in EXPORTED if name not in names and name not in OPTIONAL]
    if missing:
        raise LedgerError(f"{where}: not a witness as `earnmark export` writes it: {missing[0]} is missing. {NOTHING}")


def checked(row: dict[str, Any], where: str) -> Rowing:
    """A row as EXPORTED has it. Raises LedgerError naming what is missing or wrong."""
    _check_names(row, where)
    values = tuple(row.get(name) for name in EXPORTED)
    for name, value in zip(EXPORTED, values, strict=True):
        if not ((value is None and name in OPTIONAL) or _possible(name, value)):
            raise LedgerError(f"{where}: {name} cannot be {str(value)[:40]!r}. {NOTHING}")
    return values


def _possible(name: str, value: Any) -> bool:
    """Whether a witness can have this value there."""
    if name not in NUMBERS:
        return isinstance(value, str) and (name != "tariff" or _tariff(value) is not None)
    if type(value) is not int:
        return False
    if name == "ts":
        return EARLIEST <= value < LATEST
    return 0 <= value < MOST_TOKENS if name in TOKENS else -(1 << 63) <= value < 1 << 63


@lru_cache(maxsize=1000)
def _tariff(text: str) -> list[Any] | None:
    """An exported tariff; None when it is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    right = (
        isinstance(value, list) and 8 <= len(value) <= len(Tariff._fields) and all(type(edge) is int and abs(edge) < 1 << 63 for edge in value[:2])
    )
    return value if right else None


def bring_in(ledger: Ledger, rows: Iterable[Rowing]) -> tuple[int, int]:
    """Add witnesses; returns how many there were, and how many were new. All of them, or none on an error."""
    offered, before = 0, ledger.witnesses()
    with ledger.transaction():
        for chunk in _chunks(rows):
            names = Names({}, {}, {}, {})
            ledger.add([_row(row, names) for row in chunk], names)
            offered += len(chunk)
        ledger.settle()
    return offered, ledger.witnesses() - before


def _row(row: Rowing, names: Names) -> Rowing:
    """An exported witness as the ledger adds it, its names put among `names`."""

    def get(name: str) -> Any:
        return row[_AT[name]]

    session = Session(get("session"), get("session_parent"), get("session_version"))
    lane = Lane(*(get(name) for name in Lane._fields))
    sku = Sku(*(get(name) for name in Sku._fields))
    session_id, lane_id, sku_id = identity((lane.source, session.name)), identity(lane), identity(sku)
    names.sessions[session_id] = (session_id, lane.source, *session)
    names.lanes[lane_id] = (lane_id, *lane)
    names.skus[sku_id] = (sku_id, *sku, canonical(sku.model))
    rate = None
    tariff = _tariff(get("tariff")) if get("tariff") else None
    if tariff:
        rate = identity((sku_id, get("contracted") or 0, json.dumps(tariff)))
        names.tariffs[rate] = (rate, sku_id, tariff[0], tariff[1], get("contracted") or 0, "imported", get("tariff"))
    tokens = row[_AT["input"] : _AT["searches"] + 1]
    return (get("key"), get("rank"), get("ts"), session_id, lane_id, sku_id, *tokens, get("reported"), get("request"), get("list"), get("cost"), rate)


def _chunks(rows: Iterable[Rowing]) -> Iterator[list[Rowing]]:
    chunk: list[Rowing] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) >= CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
