"""Write the pages of `docs/` that the code itself tells, and the marked places of README.md.

Run as `python -m tools.write_docs` after a source, a setting, an option or a field of the JSON changed; `--check` writes nothing
and fails when a file is stale. Written whole: `docs/commands.md` (from the command line's grammar), `docs/configuration.md`
(from `config.OPTIONS`), `docs/reports.md` (from `report.schema.json`), `docs/sources/` (from each source's module).
Written between `<!-- name -->` and `<!-- /name -->` in README.md: `sources`, `exits`, and `bench`, the tables of
`benchmarks/results.json` as `make bench` left it, nothing where there is none.
"""

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Iterator, Mapping
from pathlib import Path

from earnmark import sources
from earnmark.cli import commands
from tools import bench_table, report_page, settings_page, source_pages

ROOT = Path(__file__).parent.parent
UNSAID = {"NAME": "the setting", "FILE": "what to read: .jsonl, .csv or .parquet; - for standard input"}
"""Arguments that the grammar has no help for."""
MARK = "<!-- Written by `python -m tools.write_docs`; change what it is written from instead. -->\n\n"


def pages(root: Path = ROOT) -> dict[Path, str]:
    """Every generated page and README.md, by path below the root."""
    written = {Path("docs") / name: MARK + text for name, text in _whole_pages().items()}
    readme = root / "README.md"
    if readme.exists():
        written[Path("README.md")] = filled(readme.read_text(encoding="utf-8"), _places(root))
    return written


def _whole_pages() -> dict[str, str]:
    about = [sources.load(name) for name in sources.names()]
    return {
        "commands.md": commands_page(),
        "configuration.md": settings_page.page(),
        "reports.md": report_page.page(),
        "sources/README.md": source_pages.index(about),
        **{f"sources/{source.name}.md": source_pages.page(source) for source in about},
    }


def _places(root: Path) -> dict[str, str]:
    """What stands in the marked places of README.md."""
    about = [sources.load(name) for name in sources.names()]
    return {"sources": source_pages.table(about, "docs/sources/"), "exits": exits_table(), "bench": bench_table.table(root)}


def filled(text: str, places: Mapping[str, str]) -> str:
    """A text with its marked places written anew. Raises ValueError for a mark that is missing or not closed."""
    for name, content in places.items():
        opening, closing = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        if text.count(opening) != 1 or text.count(closing) != 1:
            raise ValueError(f"README.md needs {opening.strip()} and {closing}, once")
        before, _, rest = text.partition(opening)
        text = f"{before}{opening}{content}{closing}{rest.partition(closing)[2]}"
    return text


# ---- the commands ------------------------------------------------------------------------------------------------------


def exit_codes() -> dict[str, str]:
    """What each exit status means, as the command line's own module says."""
    paragraph = (commands.__doc__ or "").split("\n\n")[1].replace("\n", " ")
    return {code: said.strip().rstrip(".") for code, said in re.findall(r"(?:^|; )(\d+) (.*?)(?=; \d|$)", paragraph)}


def exits_table() -> str:
    """The exit statuses as a table."""
    return "| exit status | means |\n|---:|---|\n" + "".join(f"| {code} | {said} |\n" for code, said in exit_codes().items())


def commands_page() -> str:
    """Every command with its options."""
    top = commands.parser()
    shared = _options(subcommands(top)["day"])
    sections, rows = [f"## earnmark alone\n\nThe home screen.\n\n{_table(_options(top))}"], ["| [`earnmark`](#earnmark-alone) | The home screen. |\n"]
    for name, command in walk(top):
        options = _options(command)
        whole = shared.items() <= options.items()
        own = {key: value for key, value in options.items() if key not in shared} if whole else options
        place = anchor(name) if own else "options-of-every-report" if whole else ""
        rows.append(f"| {f'[`{name}`](#{place})' if place else f'`{name}`'} | {command.description} |\n")
        if own:
            more = "\nTakes the [options of every report](#options-of-every-report) too.\n" if whole else ""
            sections.append(f"## {name}\n\n{command.description}\n\n{_usage(name, command)}\n{_table(own)}{more}")
    head = f"# Commands\n\n{top.description} {commands.EPILOG.replace(chr(10), ' ')}\n\n| command | what it does |\n|---|---|\n{''.join(rows)}"
    return "\n".join([head, f"## Options of every report\n\n{_table(shared)}", *sections, f"## Exit status\n\n{exits_table()}"])


def walk(top: ArgumentParser) -> Iterator[tuple[str, ArgumentParser]]:
    """Every command and action with its full name, in the order of the help."""
    for name, command in subcommands(top).items():
        yield f"earnmark {name}", command
        for action, inner in subcommands(command).items():
            yield f"earnmark {name} {action}", inner


def subcommands(parser: ArgumentParser) -> dict[str, ArgumentParser]:
    """The commands below a parser, by name."""
    return {name: command for action in parser._actions if isinstance(action, _SubParsersAction) for name, command in action.choices.items()}


def anchor(title: str) -> str:
    """Where a heading is found on its page."""
    return title.lower().replace(" ", "-")


def _usage(name: str, command: ArgumentParser) -> str:
    places = [action for action in command._actions if not action.option_strings and not isinstance(action, _SubParsersAction)]
    wanted = [f"[{action.dest.upper()}]" if action.nargs == "?" else action.dest.upper() for action in places]
    flags = any(action.option_strings and action.dest != "help" for action in command._actions)
    actions = " [ACTION]" if subcommands(command) else ""
    return f"```\n{name}{actions}{''.join(f' {word}' for word in wanted)}{' [OPTIONS]' if flags else ''}\n```\n"


def _options(command: ArgumentParser) -> dict[str, str]:
    """What each option and argument of a command does, by how it is written."""
    found = {}
    for action in command._actions:
        if action.dest == "help" or isinstance(action, _SubParsersAction):
            continue
        value = "" if action.nargs == 0 else str(action.metavar or "") or "|".join(filter(None, action.choices or ())) or action.dest.upper()
        written = " ".join(filter(None, (", ".join(action.option_strings), value)))
        found[written] = action.help or UNSAID[written]
    return found


def _table(options: Mapping[str, str]) -> str:
    def cell(text: str) -> str:
        return text.replace("|", "\\|").replace("*", "\\*")

    return "| option | meaning |\n|---|---|\n" + "".join(
        f"| `{name.replace('|', chr(92) + '|')}` | {cell(text)} |\n" for name, text in options.items()
    )


# ---- writing -----------------------------------------------------------------------------------------------------------


def stale(root: Path = ROOT) -> list[Path]:
    """Generated pages that are not as the code tells them, and pages of sources that are no more."""
    wanted = pages(root)
    wrong = [path for path, text in wanted.items() if not (root / path).exists() or (root / path).read_text(encoding="utf-8") != text]
    folder = root / "docs" / "sources"
    return wrong + [path.relative_to(root) for path in sorted(folder.glob("*.md")) if path.relative_to(root) not in wanted]


def main(arguments: list[str]) -> int:
    """Write what is stale, or with --check name it."""
    wrong = stale()
    if "--check" in arguments:
        for path in wrong:
            print(f"{path} is stale: run python -m tools.write_docs")
        return 1 if wrong else 0
    wanted = pages()
    for path in wrong:
        target = ROOT / path
        if path not in wanted:
            target.unlink()
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(wanted[path], encoding="utf-8")
    print(f"{len(wrong)} of {len(wanted)} pages written")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
