"""`docs/configuration.md`: every setting, told by `config.OPTIONS`, with an example that the tests load."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from earnmark.book.config import OPTIONS, Option, schema

EXAMPLES = {
    "timezone": 'timezone = "Europe/Stockholm"',
    "week_start": 'week_start = "sunday"',
    "color": 'color = "never"',
    "workers": "workers = 2",
    "homes": 'homes = ["/mnt/c/Users/me"]',
    "disabled": 'disabled = ["cursor", "goose"]',
    "billing": '[billing]\nclaude_code = "subscription"\ncodex = "api"',
    "projects": '[projects]\n"/home/me/work/shop-*" = "shop"\n"/home/me/clients/acme" = "acme"',
    "prices": """\
# Twelve per cent off every Claude model, for one year.
[[prices]]
match = "claude-*"
since = 2026-01-01
until = 2027-01-01
discount_pct = 12

# A model of your own, in US dollars per million tokens.
[[prices]]
match = "acme-coder-*"
input = 0.6
cache_read = 0.06
output = 2.4

# What a reseller charges: list price and a half.
[[prices]]
match = "gpt-*"
provider = "azure"
multiplier = 1.5""",
}
"""A value of every setting, as it stands in config.toml."""

TYPES = {str: "text", int: "whole number", list: "list of texts", "table": "table of texts", "tables": "array of tables"}
TYPED = (str, int, list)
"""The kinds that can be given as an environment variable."""

PRICE_MEANINGS = {"provider": "Only where this provider serves it, such as anthropic, aws, azure, openrouter; every provider without it."}
"""What the settings' schema leaves unsaid."""

HEAD = """\
# Configuration

Nothing has to be set. Settings stand in one TOML file, and most can be given as an environment variable, which wins. An unknown
name is refused, with the nearest known one.

```
earnmark config                  # every setting, its value, and where that is from
earnmark config set timezone Europe/Stockholm
earnmark config set billing claude_code=subscription
earnmark config schema           # the file as a JSON Schema
```

The file is `config.toml` in the user's configuration directory (`~/.config/earnmark` on Linux); `earnmark config` prints its path.
Two variables are about places:

| variable | what it does |
|---|---|
| `EARNMARK_HOME` | One directory for the ledger, `status.json` and `config.toml`, instead of the system's directories. |
| `HOME` | The home directory whose agents' logs are read. |

Agents' own variables, such as `CLAUDE_CONFIG_DIR`, are followed as the agents do; each [source's page](sources/README.md) names its own.
`NO_COLOR`, `FORCE_COLOR` and `COLUMNS` are respected.
"""

PRICES = """
The last entry that matches a call's model, provider and day applies to it. An entry has either prices, which replace the listed
ones, or `multiplier` and `discount_pct`, which are applied to the listed ones. What an entry with prices leaves out keeps its list
price; for a model that no list knows, cache prices that are left out are the price of input.

Calls keep the price they were counted at. After a change `earnmark reprice` applies the prices now in force to what is in the ledger.
"""


def page() -> str:
    """The page."""
    lines = ["| setting | type | as it comes | variable | meaning |\n|---|---|---|---|---|"]
    lines += [_row(option) for option in OPTIONS]
    parts = [HEAD, "## All settings\n", "\n".join(lines), *(_section(option) for option in OPTIONS)]
    return "\n".join([*parts, PRICES, _price_fields(), ""])


def variable(option: Option) -> str:
    """The environment variable of a setting, "" when it has none."""
    return f"EARNMARK_{option.name.upper()}" if option.kind in TYPED else ""


def _row(option: Option) -> str:
    name = variable(option)
    return f"| [`{option.name}`](#{option.name}) | {TYPES[option.kind]} | `{json.dumps(option.default)}` | {f'`{name}`' if name else '–'} | {option.about} |"


def _section(option: Option) -> str:
    choices = f"\nOne of {', '.join(f'`{choice}`' for choice in option.choices)}.\n" if option.choices else ""
    return f"\n### {option.name}\n\n{option.about}\n{choices}\n```toml\n{EXAMPLES[option.name]}\n```"


def _price_fields() -> str:
    item: dict[str, Any] = schema()["properties"]["prices"]["items"]
    return "\n".join(["| field of `[[prices]]` | meaning |\n|---|---|", *_fields(item)])


def _fields(item: dict[str, Any]) -> Iterator[str]:
    for name, about in item["properties"].items():
        needed = " Needed." if name in item["required"] else ""
        yield f"| `{name}` | {about.get('description') or PRICE_MEANINGS[name]}{needed} |"
