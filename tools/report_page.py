"""`docs/reports.md`: the JSON that reports print, told by `report.schema.json`, field by field."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from earnmark.book.asking import KEYS
from earnmark.cli.commands import REPORTS

MEANINGS = {
    "first_call": "The session's first call, UTC.",
    "last_call": "The session's last call, UTC.",
    "thread": "Who asked: the person's own thread, an agent it spawned, or the client behind the person's back.",
    "branch": "The git branch, where the log has it.",
    "billing": "How the call was paid for, where the log or the setting `billing` says.",
    "provider": "Who served the model, where the log says.",
    "tier": "The service tier asked for; empty for the standard one.",
    "host": "The machine, where the log names it.",
    "actor": "The account, where the log names it.",
    "generated_at": "When the report was made.",
    "newest_call": "When the newest call in the ledger was made.",
    "timezone": "The zone of hours, days, weeks and months.",
    "since": "The beginning of the stretch of time asked for; null for none.",
    "by": "What the rows are grouped by.",
    "matched": "How many rows there are.",
    "shown": "How many of them are in `rows`.",
    "currency": "Always USD.",
    "prices": "The price lists by which calls were priced: `source` and `version` of each.",
    "split": "Where the tokens went; the first five add up to `totals.total`.",
    "split.fresh_input": "`totals.input`.",
    "split.cache_read": "`totals.cache_read`.",
    "split.cache_write": "`totals.cache_write_5m` and `totals.cache_write_1h`.",
    "split.reasoning": "`totals.reasoning`.",
    "split.threads": "The measures of `main`, `subagent` and `background` calls.",
    "prices[].source": "Where the list is from.",
    "prices[].version": "Its version.",
    "lower_bound[].source": "The source.",
    "lower_bound[].hides": "What its logs do not tell.",
    "unpriced_models": "Models without a known price; their tokens are counted and their cost is not.",
    "lower_bound": "Sources in the report whose agents do not log every call: `source`, and what it `hides`.",
    "warnings": "What went wrong on the way, such as a data directory that cannot be written.",
    "calls": "Model calls, each counted once.",
    "cache_read": "Tokens read from a cache.",
    "cache_write_1h": "Written to a cache for an hour.",
}
"""What the schema leaves unsaid, by field."""

MEASURES = """\
## Measures

Of every row, of `totals` and of each thread. `totals` covers everything that matched, also rows beyond `--limit`. The money fields are
left out with `--no-cost`.
"""

HEAD = """\
# Reports as data

Every report prints the same shape with `--json`, and its rows with `--csv` (the same fields in the same order, a header first, an
empty field where the JSON has null). `earnmark config schema --report` prints the JSON Schema. Fields may be added;
one that is renamed or removed is named in the changelog.

```
earnmark day --last 7d --json
earnmark model --by project --since 2026-11-01 --csv
```

```json
{"rows": [...], "totals": {...}, "meta": {...}}
```

Counts are whole numbers. Money is a decimal string in US dollars, exact to a billionth; null means that nothing is known, never zero.
Moments are UTC, `2026-11-22T15:04:05Z`; days, weeks and months are those of `meta.timezone`.
"""

TAIL = """\
## Other JSON

These answer other questions and have their own shapes:

| command | shape |
|---|---|
| `earnmark --json` | the home screen: `generated_at`, `timezone`, `today`, `week`, `month` (measures), `month_pace_usd`, `block`, `projects`, `models`, `sources` (rows of measures), `days` (measures or null, the last 30, oldest first) |
| `earnmark blocks --json` | the shape above; rows with `block`, `block_end`, `active`, `projected_usd` |
| `earnmark sources --json` | `sources`: `source`, `title`, `looked_in`, `there`, `files`, `sessions`, `calls`, `first_call`, `last_call`, `hides`, `faults` (`file`, `line`, `offset`, `reason`) |
| `earnmark price MODEL --json` | `model`, `canonical`, `at`, `list`, `contracted`, `history` |
| `earnmark doctor --json` | `findings`: `state` (`ok`, `look` or `mend`), `about`, `said`, `remedy` |
| `earnmark config --json` | `path`, `settings`: `value` and `origin` of each |
"""


def schema() -> dict[str, Any]:
    """The schema of a report's JSON."""
    found: dict[str, Any] = json.loads((files("earnmark.book") / "report.schema.json").read_text(encoding="utf-8"))
    return found


def page() -> str:
    """The page."""
    whole = schema()
    rows, meta = whole["properties"]["rows"]["items"], whole["properties"]["meta"]
    return "\n".join([
        HEAD,
        f"## Rows\n\nA row has the keys it is grouped by, then its measures. `--by` takes {', '.join(f'`{key}`' for key in KEYS)}.\n",
        _reports(),
        _table("key of a row", rows["properties"]),
        MEASURES,
        _table("field", whole["$defs"]["measures"]["properties"]),
        "## Meta\n\nWhat the numbers rest on.\n",
        _table("field of `meta`", _with_parts(meta["properties"])),
        TAIL,
    ])  # fmt: skip


def _with_parts(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields, each that is an object, or a list of them, followed by its parts."""
    found: dict[str, Any] = {}
    for name, about in fields.items():
        found[name] = about
        found.update((f"{name}.{part}", inner) for part, inner in about.get("properties", {}).items())
        found.update((f"{name}[].{part}", inner) for part, inner in about.get("items", {}).get("properties", {}).items())
    return found


def _reports() -> str:
    lines = (f"| `earnmark {name}` | {', '.join(f'`{key}`' for key in by)} |\n" for name, (by, _) in REPORTS.items())
    return "| report | its rows are grouped by |\n|---|---|\n" + "".join(lines) + "\nRows of `session` also have `source` and `project`.\n"


def _table(title: str, fields: dict[str, Any]) -> str:
    return "\n".join([f"| {title} | type | meaning |\n|---|---|---|", *_rows(fields), ""])


def _rows(fields: dict[str, Any]) -> Iterator[str]:
    for name, about in fields.items():
        said = about.get("description") or MEANINGS.get(name) or MEANINGS[name.rpartition(".")[2]]
        values = f" One of {', '.join(f'`{json.dumps(value)}`' for value in about['enum'])}." if "enum" in about else ""
        yield f"| `{name}` | {_type(about)} | {said}{values} |"


def _type(about: dict[str, Any]) -> str:
    """What a value is, in a word or two."""
    reference = about.get("$ref", "").rpartition("/")[2]
    if reference:
        return {"count": "whole number", "decimal": "decimal text or null", "moment": "moment or null", "measures": "object"}[reference]
    if "enum" in about or "const" in about:
        return "text"
    named = {"string": "text", "integer": "whole number", "boolean": "true or false", "array": "list", "object": "object"}
    return named[str(about["type"])]
