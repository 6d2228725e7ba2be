"""Carrying a ledger: every witness out to a file, and in again, as JSON lines, CSV or Parquet, without loss."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from earnmark.model import Lane, Session, Sku
from earnmark.rules.price import canonical
from earnmark.store.encode import identity
from earnmark.store.ledger import EXPORTED, Ledger, LedgerError, Names, Rowing

CHUNK = 5_000
_AT = {name: index for index, name in enumerate(EXPORTED)}
NUMBERS = frozenset(
    "key rank ts input cache_read cache_write_5m cache_write_1h output reasoning searches reported request list cost contracted".split()
)
OPTIONAL = frozenset("reported request list cost tariff contracted".split())


def write_lines(ledger: Ledger, stream: TextIO) -> int:
    """Every witness as a line of JSON; returns how many."""
    written = 0
    for written, row in enumerate(ledger.exported(), 1):
        stream.write(json.dumps(dict(zip(EXPORTED, row, strict=True)), separators=(",", ":"), ensure_ascii=False) + "\n")
    return written


def write_csv(ledger: Ledger, stream: TextIO) -> int:
    """Every witness as a line of CSV under a header; an empty field is an unknown value."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(EXPORTED)
    written = 0
    for written, row in enumerate(ledger.exported(), 1):
        writer.writerow(row)
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


def read_lines(stream: TextIO, name: str) -> Iterator[Rowing]:
    """Witnesses from lines of JSON. Raises LedgerError naming the line that cannot be one."""
    for number, line in enumerate(stream, 1):
        if line.strip():
            try:
                row = json.loads(line)
            except ValueError as error:
                raise LedgerError(f"{name}, line {number}: not valid JSON: {error}. Nothing of the file was imported") from None
            yield checked(row if isinstance(row, dict) else {}, f"{name}, line {number}")


def read_csv(stream: TextIO, name: str) -> Iterator[Rowing]:
    """Witnesses from CSV with a header. Raises LedgerError naming the line that cannot be one."""
    for number, row in enumerate(csv.DictReader(stream), 2):
        values = {key: _from_text(key, value) for key, value in row.items() if key is not None}
        yield checked(values, f"{name}, line {number}")


def _from_text(name: str, value: Any) -> Any:
    if name in NUMBERS:
        digits = str(value or "")
        return int(digits) if digits.lstrip("-").isdigit() else None if not digits else value
    return None if value == "" and name in OPTIONAL else value


def read_parquet(path: str) -> Iterator[Rowing]:
    """Witnesses from a Parquet file. Raises LedgerError when it cannot be read."""
    arrow, parquet = _arrow()
    try:
        file = parquet.ParquetFile(path)
    except (OSError, arrow.ArrowInvalid) as error:
        raise LedgerError(f"{path} cannot be read as Parquet: {error}") from None
    number = 0
    for batch in file.iter_batches(CHUNK):
        for row in batch.to_pylist():
            number += 1
            yield checked(row, f"{path}, row {number}")


def checked(row: dict[str, Any], where: str) -> Rowing:
    """A row as EXPORTED has it. Raises LedgerError naming what is missing or wrong."""
    missing = [name for name in EXPORTED if name not in row and name not in OPTIONAL]
    if missing:
        raise LedgerError(f"{where}: not a witness as `earnmark export` writes it: {missing[0]} is missing. Nothing of the file was imported")
    for name in EXPORTED:
        value = row.get(name)
        right = (value is None and name in OPTIONAL) or (type(value) is int if name in NUMBERS else isinstance(value, str))
        if not right or (type(value) is int and not -(1 << 63) <= value < 1 << 63):
            raise LedgerError(f"{where}: {name} cannot be {str(value)[:40]!r}. Nothing of the file was imported")
    for name in ("ts", "input", "cache_read", "cache_write_5m", "cache_write_1h", "output", "reasoning", "searches"):
        if not 0 <= row[name] < 1 << 52:
            raise LedgerError(f"{where}: {name} cannot be {row[name]}. Nothing of the file was imported")
    return tuple(row.get(name) for name in EXPORTED)


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
    if get("tariff"):
        tariff = json.loads(get("tariff"))
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
