"""Every agent whose logs Earnmark reads, one module each; a module is a source by having a `SOURCE`."""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from earnmark.model import LINES, Source

if TYPE_CHECKING:
    from importlib.metadata import EntryPoints

HELPERS = {"finding", "reading"}
"""Modules that sources read with; so are those whose name starts with an underscore."""


@cache
def names() -> tuple[str, ...]:
    """The names of the built-in sources, in order."""
    stems = (name.removesuffix(".py") for name in os.listdir(os.path.dirname(__file__)) if name.endswith(".py"))
    return tuple(sorted(stem for stem in stems if stem not in HELPERS and stem[0] != "_"))


@cache
def load(name: str) -> Source:
    """One source by name. Raises KeyError when there is none of that name."""
    if name in names():
        source: Source = import_module(f"earnmark.sources.{name}").SOURCE
        return source
    for point in _entry_points():
        if point.name == name:
            loaded: Source = point.load()
            return loaded
    raise KeyError(name)


@cache
def everything() -> tuple[Source, ...]:
    """All sources: the built-in ones and those that installed packages add under the entry point `earnmark.sources`."""
    return (*map(load, names()), *(_added(point.name) for point in _entry_points()))


def _added(name: str) -> Source:
    """A source of another package; one that cannot be loaded stands there without places, its title saying why."""
    try:
        return load(name)
    except Exception as error:  # noqa: BLE001 - somebody else's defect must not cost the other sources their numbers
        title = f"{name} (cannot be loaded: {type(error).__name__}: {error})"
        return Source(name, title, lambda machine: [], lambda file: iter(()), lambda path: LINES)


def _entry_points() -> EntryPoints:
    from importlib.metadata import entry_points

    return entry_points(group="earnmark.sources")
