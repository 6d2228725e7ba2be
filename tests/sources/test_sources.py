"""What every source must do, proved on every golden case of every source."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from earnmark import sources
from earnmark.model import DOCUMENT, LINES, Event, Source
from earnmark.sources.reading import File
from tests.sources import cases

SECRET = "SECRET"
each_case = pytest.mark.parametrize("case", cases.CASES, ids=lambda case: f"{case.parent.name}-{case.name}")


@each_case
def test_a_case_gives_its_golden_calls(case: Path, tmp_path: Path) -> None:
    expected = json.loads((case / "events.json").read_text())
    assert cases.observed(cases.source_of(case), cases.build(case, tmp_path)) == expected


@each_case
def test_the_compiled_decoder_reads_the_same(case: Path, tmp_path: Path) -> None:
    source, machine = cases.source_of(case), cases.build(case, tmp_path)
    paths = cases.files(source, machine)
    assert cases.believed(cases.read(source, paths, bulk=True)[0]) == cases.believed(cases.read(source, paths)[0])


@each_case
def test_reading_twice_gives_the_same_calls(case: Path, tmp_path: Path) -> None:
    source, machine = cases.source_of(case), cases.build(case, tmp_path)
    paths = cases.files(source, machine)
    assert cases.read(source, paths)[0] == cases.read(source, paths)[0]


@each_case
def test_no_bucket_is_negative_and_reasoning_is_inside_output(case: Path, tmp_path: Path) -> None:
    source, machine = cases.source_of(case), cases.build(case, tmp_path)
    for event in cases.read(source, cases.files(source, machine))[0]:
        buckets = (event.input, event.cache_read, event.cache_write_5m, event.cache_write_1h, event.output, event.searches)
        assert min(buckets) >= 0
        assert 0 <= event.reasoning <= event.output
        assert event.lane.source == source.name


@each_case
def test_no_content_survives(case: Path, tmp_path: Path) -> None:
    """Prompts, answers and file texts in the cases carry a marker; nothing a source hands on may contain it."""
    source, machine = cases.source_of(case), cases.build(case, tmp_path)
    events, files = cases.read(source, cases.files(source, machine))
    assert SECRET not in repr(events)
    assert SECRET not in repr([(file.state, file.faults) for file in files])


def test_every_source_has_a_case_with_content_to_leak() -> None:
    for name in sources.names():
        texts = [path.read_bytes() for case in cases.CASES if case.parent.name == name for path in case.rglob("home/**/*") if path.is_file()]
        assert any(SECRET.encode() in text for text in texts), f"{name}: no case has the marker {SECRET} where a prompt would stand"


@each_case
def test_reading_in_two_halves_equals_reading_once(case: Path, tmp_path: Path) -> None:
    source, machine = cases.source_of(case), cases.build(case, tmp_path)
    for path in cases.files(source, machine):
        if source.kind(path) != LINES or path.endswith(".zst"):
            continue
        whole = cases.believed(cases.read(source, [path])[0])
        data = Path(path).read_bytes()
        cuts = [at + 1 for at, byte in enumerate(data) if byte == 10][:-1]
        for cut in cuts[:: max(1, len(cuts) // 8)]:
            assert cases.believed(in_two(source, path, data, cut)) == whole, f"cut after byte {cut} of {path}"
            assert cases.believed(in_two(source, path, data, cut + 7)) == whole, f"cut inside the line after byte {cut} of {path}"
        Path(path).write_bytes(data)


def in_two(source: Source, path: str, data: bytes, cut: int) -> list[Event]:
    """Read a file that is first `cut` bytes long and then whole, going on where the first reading stopped."""
    Path(path).write_bytes(data[:cut])
    first = File(source.name, path)
    events = list(source.read(first))
    Path(path).write_bytes(data)
    second = File(source.name, path, first.offset, json.loads(json.dumps(first.state)))
    return events + list(source.read(second))


@each_case
def test_a_torn_last_line_loses_only_itself(case: Path, tmp_path: Path) -> None:
    source, machine = cases.source_of(case), cases.build(case, tmp_path)
    for path in cases.files(source, machine):
        if source.kind(path) != LINES or path.endswith(".zst"):
            continue
        data = Path(path).read_bytes()
        kept = data[: data.rstrip(b"\n").rfind(b"\n") + 1]
        Path(path).write_bytes(kept)
        without = cases.read(source, [path])[0]
        Path(path).write_bytes(data.rstrip(b"\n")[:-2])
        events, files = cases.read(source, [path])
        assert events == without
        assert files[0].offset == len(kept)


JUNK = [
    b"",
    b"\n",
    b"\x00" * 64,
    b"\xff\xfe\x00junk\n",
    b"[]\n",
    b"null\n",
    b'"usage"\n',
    b'{"usage":\n',
    b'{"type":"assistant","message":{"usage":7}}\n',
    b"{" * 4000 + b"\n",
]


@each_case
def test_junk_is_a_fault_not_a_crash(case: Path, tmp_path: Path) -> None:
    """Junk before the log of a line source costs nothing but itself; a junk document or database gives no events."""
    source, machine = cases.source_of(case), cases.build(case, tmp_path)
    for path in cases.files(source, machine):
        if path.endswith(".zst"):
            continue
        data, kind = Path(path).read_bytes(), source.kind(path)
        clean = cases.believed(cases.read(source, [path])[0])
        for junk in JUNK:
            if kind == LINES and not junk.endswith(b"\n"):
                junk += b"\n"
            Path(path).write_bytes(junk + data if kind == LINES else junk)
            calls = cases.believed(cases.read(source, [path])[0])
            assert calls == (clean if kind == LINES else {}), f"{junk[:30]!r} before {path}"
        Path(path).write_bytes(data)
        if kind == DOCUMENT:
            Path(path).write_bytes(data[:-20])
            _, files = cases.read(source, [path])
            assert files[0].faults, "half a document must be reported"
            Path(path).write_bytes(data)
