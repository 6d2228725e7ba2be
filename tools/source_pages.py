"""The pages of `docs/sources/`: a page a source, told by its module, and their index."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence

from earnmark.model import DATABASE, DOCUMENT, LINES, Machine, Place, Source

SYSTEMS = {"Linux and WSL": "linux", "macOS": "darwin", "Windows": "win32"}
KINDS = {
    LINES: "appended lines: only what was added is read again",
    DOCUMENT: "a document, read again when it was rewritten",
    DATABASE: "an SQLite database, opened read-only and read again when it changed",
}
FEW = 3
"""So many places are listed one by one; more that end alike are shown as one ending below several directories."""


def index(about: Sequence[Source]) -> str:
    """The index of the pages."""
    return (
        "# Sources\n\nThe agents whose logs Earnmark reads. What is there on your machine, and what could not be read of it: `earnmark sources`. "
        "To add one: [CONTRIBUTING.md](../../CONTRIBUTING.md#add-an-agent-in-one-file).\n\n"
        f"{table(about, '')}\n"
        "A source that hides something makes its totals a lower bound, and every report says so. Calls that no log has can only be seen "
        "from outside the agent: by a gateway, by telemetry, or on the vendor's bill.\n"
    )


def table(about: Iterable[Source], folder: str) -> str:
    """Each source with what it hides, its name a link into this folder."""
    rows = (f"| [{source.title}]({folder}{source.name}.md) | `{source.name}` | {plain(source.hides) or 'nothing known'} |\n" for source in about)
    return "| agent | `--source` | what keeps its totals a lower bound |\n|---|---|---|\n" + "".join(rows)


def page(source: Source) -> str:
    """The page of one source."""
    doc = sys.modules[source.read.__module__].__doc__ or ""
    parts = [f"# {source.title}", f"`--source {source.name}`"]
    parts += [f"**Totals are a lower bound**: {plain(source.hides)}."] if source.hides else []
    parts += [plain(source.note)] if source.note else []
    parts += ["## What is known of its logs", prose(doc), "## Where they are looked for", _environment(source)]
    parts += [f"### {name}\n\n{_places(source, platform)}" for name, platform in SYSTEMS.items()]
    parts += ["## What proves it", f"Logs, and the calls they must give: [tests/sources/{source.name}](../../tests/sources/{source.name})."]
    return "\n\n".join(parts) + "\n"


def prose(doc: str) -> str:
    """A module's docstring as Markdown: its paragraphs, the word before the first colon of each in bold."""
    paragraphs = [plain(" ".join(part.split())) for part in doc.strip().split("\n\n")]
    return "\n\n".join(re.sub(r"^([A-Z][\w ]{0,30}):", r"**\1:**", part) if index else part for index, part in enumerate(paragraphs))


def plain(text: str) -> str:
    """Text as Markdown: variables become code, and outside of code nothing is markup."""
    text = re.sub(r"(?<![`$\w])([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?![`\w])", r"`\1`", text)
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part[:1] == "`" else re.sub(r"([<>*|])", r"\\\1", part) for part in parts)


class _Environment(dict[str, str]):
    """An environment in which nothing is set, that notes what was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def get(self, name: str, default: object = None) -> str:  # noqa: ARG002
        self.asked.add(name)
        return ""

    def __getitem__(self, name: str) -> str:
        return self.get(name)

    def __contains__(self, name: object) -> bool:
        self.asked.add(str(name))
        return False


def variables(source: Source) -> list[str]:
    """The environment variables on which a source's places depend."""
    env = _Environment()
    for platform in SYSTEMS.values():
        source.places(Machine("~", env, platform))
    return sorted(env.asked)


def _environment(source: Source) -> str:
    names = variables(source)
    return (
        f"`~` is the home directory. These variables move or add places: {', '.join(f'`{name}`' for name in names)}."
        if names
        else "`~` is the home directory."
    )


def _places(source: Source, platform: str) -> str:
    """The places on one system, those with the same files together."""
    groups: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for place in source.places(Machine("~", {}, platform)):
        roots = groups.setdefault((place.patterns, place.skip), [])
        if place.root not in roots:
            roots.append(place.root)
    return "\n\n".join(f"{_files(source, Place(roots[0], *files))}\n\n{_roots(roots)}" for files, roots in groups.items())


def _files(source: Source, place: Place) -> str:
    kinds = dict.fromkeys(source.kind(f"{place.root}/{pattern.replace('*', 'x')}") for pattern in place.patterns)
    if all(place.root.endswith(f"/{pattern}") for pattern in place.patterns):
        return f"The file ({'; '.join(KINDS[kind] for kind in kinds)})"
    skipped = f", but not {_code(place.skip)}" if place.skip else ""
    return f"Files {_code(place.patterns)}{skipped} ({'; '.join(KINDS[kind] for kind in kinds)}) below"


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _roots(roots: list[str]) -> str:
    """Directories as a list; many that end alike are gathered."""
    lines = []
    for tail, heads in _gathered(roots).items():
        if len(heads) > FEW:
            lines.append(f"`{tail}` in each of {_code(heads)}")
        else:
            lines.extend(f"`{head}/{tail}`" if tail else f"`{head}`" for head in heads)
    return _bullets(lines)


def _gathered(roots: list[str]) -> dict[str, list[str]]:
    """The directories by the ending, at least two names long, that most of them share with each."""
    tails = Counter(tail for root in roots for tail in _tails(root))
    found: dict[str, list[str]] = {}
    for root in roots:
        tail = max(_tails(root), key=lambda tail: (tails[tail], len(tail)), default="")
        if tails[tail] <= FEW:
            tail = ""
        found.setdefault(tail, []).append(root.removesuffix(f"/{tail}") if tail else root)
    return found


def _tails(root: str) -> list[str]:
    parts = root.split("/")
    return ["/".join(parts[start:]) for start in range(1, len(parts) - 1)]


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"* {line}" for line in lines)
