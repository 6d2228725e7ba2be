"""`earnmark config`: every setting with its origin, changed one at a time, described as a JSON Schema."""

from __future__ import annotations

import json
import os
import sys
from argparse import Namespace
from typing import Any

from earnmark.book import config as settings
from earnmark.book import config_path
from earnmark.cli.reports import write_json
from earnmark.cli.terminal import Paper, printable, wrapped


def show(given: Namespace) -> int:
    """Print every setting."""
    config = settings.load(os.environ, config_path(os.environ))
    if given.json:
        values = {name: {"value": config[name], "origin": config.origins[name]} for name in config.values}
        write_json({"path": config.path, "settings": values})
        return 0
    page = Paper(color=config["color"])
    widest = max(len(option.name) for option in settings.OPTIONS)
    for option in settings.OPTIONS:
        origin = config.origins[option.name]
        said = page.style(f"  ({origin})", "dim") if origin != "default" else ""
        value = page.style(printable(_text(config[option.name])), *(["bold"] if said else []))
        page.line(f"{page.style(option.name.ljust(widest), 'cyan')}  {value}{said}")
        for line in wrapped(option.about, page.width - widest - 2):
            page.line(f"{'':<{widest}}  {page.style(line, 'dim')}")
    page.line()
    missing = "" if os.path.exists(config.path) else ", which is not there yet: everything is at its default"
    for line in wrapped(f"Settings are kept in {config.path}{missing}. Change one with: earnmark config set NAME VALUE", page.width):
        page.line(line)
    return 0


def _text(value: Any) -> str:
    """A value for people; what is empty is called so."""
    if isinstance(value, dict) and value:
        return ", ".join(f"{key} = {item}" for key, item in value.items())
    if isinstance(value, list) and value:
        return ", ".join(item if isinstance(item, str) else json.dumps(item, default=str) for item in value)
    return str(value) if value not in ("", [], {}) else "–"


def change(given: Namespace) -> int:
    """Set one option in the file."""
    path = config_path(os.environ)
    value = settings.write(path, given.name, given.value)
    sys.stdout.write(f"{given.name} = {_text(value)}  ({path})\n")
    return 0


def schema(given: Namespace) -> int:
    """Print the schema of the settings, or of the reports' JSON."""
    if given.report:
        from importlib.resources import files

        sys.stdout.write((files("earnmark.book") / "report.schema.json").read_text(encoding="utf-8"))
    else:
        write_json(settings.schema())
    return 0
