"""The command line's grammar: every command and option, and what each exit status means.

0 done; 1 done, and `doctor` found something to mend; 2 not understood (the message says what to write instead); 3 something
could not be read or written (the message names it); 4 the ledger is a newer Earnmark's; 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from argparse import SUPPRESS, ArgumentParser, HelpFormatter, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from earnmark import __version__

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    Commands = _SubParsersAction[ArgumentParser]

Handler = Callable[[Namespace], int]

REPORTS = {
    "today": (("source", "model"), "What today used, by agent and model."),
    "day": (("day",), "A row a day (the last 30 unless you say otherwise)."),
    "week": (("week",), "A row a week (the last 12)."),
    "month": (("month",), "A row a month (the last 12)."),
    "hour": (("hour",), "A row an hour (the last day)."),
    "session": (("session",), "A row a session, the one used last first."),
    "project": (("project",), "A row a project, the costliest first."),
    "model": (("model",), "A row a model, the costliest first."),
    "agent": (("source", "thread", "agent"), "A row an agent: main threads, the subagents they spawned, and background work."),
}
"""The reports: what each is grouped by, and its help."""

EPILOG = """\
Run `earnmark` alone for one screen of how you are doing. Every report takes
filters, --by for a finer grouping, and --json or --csv. What the agents
logged since the last time is read first; --no-collect leaves that out."""


def run_command(arguments: list[str]) -> int:
    """Understand the arguments and run the command; errors become one message and an exit status."""
    given = parser(arguments).parse_args(arguments)
    from earnmark.book.config import ConfigError
    from earnmark.store.ledger import LedgerError

    try:
        status = int(given.run(given))
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    except KeyboardInterrupt:
        sys.stderr.write("\nearnmark: interrupted; what was read is kept\n")
        return 130
    except ConfigError as error:
        return complain(str(error), 2)
    except LedgerError as error:
        return complain(str(error), 4 if "newer Earnmark" in str(error) else 3)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return complain(f"{place}{error.strerror or error}", 3)
    return status


def complain(message: str, status: int) -> int:
    """Say what is wrong on standard error."""
    from earnmark.cli.terminal import printable

    sys.stderr.write(f"earnmark: {printable(message)}\n")
    return status


def parser(tokens: Sequence[str] | None = None) -> ArgumentParser:
    """The grammar: all of it, or what it takes to understand these words."""
    top = ArgumentParser(
        prog="earnmark",
        description="Every AI token on this machine: counted once, priced to the cent.",
        epilog=EPILOG,
        formatter_class=_as_written,
    )
    top.add_argument("-V", "--version", action="version", version=f"earnmark {__version__}", help="print the version")
    _screen_options(top)
    top.set_defaults(run=_lazy("home", "run"), report="", command="", **DEFAULTS)
    if tokens is None or tokens:
        commands = top.add_subparsers(title="commands", metavar="COMMAND", dest="command")
        for name in [name for name in COMMANDS if name in (tokens or ())] or COMMANDS:
            COMMANDS[name](commands, name)
    return top


def _as_written(prog: str) -> HelpFormatter:
    """Help with its description as it stands, as wide as the terminal."""
    return RawDescriptionHelpFormatter(prog, width=_columns())


def _wrapped(prog: str) -> HelpFormatter:
    """Help with its description wrapped. Left alone, argparse imports a module to ask for the width, for every option anew."""
    return HelpFormatter(prog, width=_columns())


def _columns() -> int:
    try:
        columns = os.environ.get("COLUMNS", "")
        return max(int(columns) if columns.isdigit() else os.get_terminal_size().columns, 40) - 2
    except OSError:
        return 98


def _report(commands: Commands, name: str) -> None:
    command = _add(commands, name, REPORTS[name][1], _lazy("reports", "run"))
    if name == "session":
        command.add_argument("id", nargs="?", default="", help="the beginning of a session's id: that session in detail")
    _report_options(command, grouped=True)
    command.set_defaults(report=name)


def _blocks(commands: Commands, name: str) -> None:
    about = "Five-hour blocks, with a projection of the running one (the last three days)."
    _report_options(_add(commands, name, about, _lazy("windows", "run")))


def _sources(commands: Commands, name: str) -> None:
    sources = _add(commands, name, "What was found, where, and what could not be read and why.", _lazy("found", "run"))
    sources.add_argument("--json", action="store_true", help="as data")
    sources.add_argument("--no-collect", action="store_true", help="do not read the logs first")


def _watch(commands: Commands, name: str) -> None:
    watch = _add(commands, name, "The home screen, live.", _lazy("watching", "run"))
    watch.add_argument("--every", type=float, default=2.0, metavar="SECONDS", help="how often to look (2)")
    watch.add_argument("--for", dest="lasting", type=float, default=0, metavar="SECONDS", help="stop after this long (0: until Ctrl-C)")
    _screen_options(watch, json=False)


def _statusline(commands: Commands, name: str) -> None:
    line = _add(commands, name, "One line for a status bar; reads one small file.", _lazy("statusline", "run_parsed"))
    line.add_argument("--no-refresh", action="store_true", default=False, help="do not bring the file up to date in the background")


def _collect(commands: Commands, name: str) -> None:
    collect = _add(commands, name, "Read the logs into the ledger and say nothing.", _lazy("collecting", "run"))
    collect.add_argument("--verbose", action="store_true", default=False, help="say what was read")


def _doctor(commands: Commands, name: str) -> None:
    doctor = _add(commands, name, "Check the installation, the ledger, the sources and the prices.", _lazy("doctor", "run"))
    doctor.add_argument("--json", action="store_true", help="as data")


def _price(commands: Commands, name: str) -> None:
    price = _add(commands, name, "What a model costs, now or on a date, and how its price changed.", _lazy("pricing", "show"))
    price.add_argument("model", help="a model's name, however an agent spells it")
    price.add_argument("--at", metavar="DATE", default=None, help="on this day (YYYY-MM-DD, UTC)")
    price.add_argument("--provider", default="", help="who serves it, such as anthropic, bedrock, openrouter")
    price.add_argument("--tier", default="", choices=("", "batch", "flex", "priority", "fast"), help="the service tier")
    price.add_argument("--json", action="store_true", help="as data")


def _reprice(commands: Commands, name: str) -> None:
    reprice = _add(commands, name, "Price calls again with the prices now in force.", _lazy("pricing", "again"))
    reprice.add_argument("--unpriced", action="store_true", default=False, help="only the calls that have no price yet")


def _config(commands: Commands, name: str) -> None:
    config = _add(commands, name, "Show or change the settings.", _lazy("settings", "show"))
    config.add_argument("--json", action="store_true", help="as data")
    actions = config.add_subparsers(metavar="ACTION")
    show = _add(actions, "show", "Every setting, its value and where that is from.", _lazy("settings", "show"))
    show.add_argument("--json", action="store_true", help="as data")
    change = _add(actions, "set", "Change one setting.", _lazy("settings", "change"))
    change.add_argument("name", help="the setting, as `earnmark config show` lists it")
    change.add_argument("value", help="the new value; KEY=VALUE for a table, commas between the items of a list")
    schema = _add(actions, "schema", "The settings file as a JSON Schema.", _lazy("settings", "schema"))
    schema.add_argument("--report", action="store_true", default=False, help="the schema of what reports print with --json instead")


def _export(commands: Commands, name: str) -> None:
    export = _add(commands, name, "Write every witness of every call to a file, to keep or to carry to another machine.", _lazy("carrying", "export"))
    export.add_argument("file", help="what to write: .jsonl, .csv or .parquet; - for JSON lines on standard output")
    export.add_argument("--format", choices=("jsonl", "csv", "parquet"), default=None, help="instead of going by the file's ending")


def _import(commands: Commands, name: str) -> None:
    bring = _add(commands, name, "Add what another ledger exported; what is known already changes nothing.", _lazy("carrying", "bring_in"))
    bring.add_argument("file", help="what `earnmark export` wrote; - for JSON lines on standard input")
    bring.add_argument("--format", choices=("jsonl", "csv", "parquet"), default=None, help="instead of going by the file's ending")


def _demo(commands: Commands, name: str) -> None:
    demo = _add(commands, name, "Write realistic agent logs into a temporary home and report on them.", _lazy("trying", "run"))
    demo.add_argument("--home", metavar="DIR", default=None, help="write the logs here and keep them")
    demo.add_argument("--days", type=int, default=45, help="how many days of work (45)")
    _screen_options(demo)


COMMANDS: dict[str, Callable[[Commands, str], None]] = {
    **dict.fromkeys(REPORTS, _report), "blocks": _blocks, "sources": _sources, "watch": _watch, "statusline": _statusline, "collect": _collect,
    "doctor": _doctor, "price": _price, "reprice": _reprice, "config": _config, "export": _export, "import": _import, "demo": _demo,
}  # fmt: skip
"""Every command, in the order of the help, and what adds it to the grammar."""


DEFAULTS: dict[str, object] = {
    "by": [], "since": None, "until": None, "last": None, "source": [], "project": [], "model": [], "tz": "", "sort": None, "limit": None,
    "json": False, "csv": False, "no_cost": False, "no_collect": False,
}  # fmt: skip
"""What every option of a report is when it is not given; an option before the command counts like one after it."""


def _screen_options(command: ArgumentParser, *, json: bool = True) -> None:
    """What the home screen can be told."""
    _filters(command)
    add = command.add_argument_group("how it is shown", argument_default=SUPPRESS).add_argument
    _showing(add, json=json)


def _report_options(command: ArgumentParser, *, grouped: bool = False) -> None:
    """What a report can be told."""
    when = command.add_argument_group("when", argument_default=SUPPRESS).add_argument
    when("--since", metavar="DATE", help="from this day on (YYYY-MM-DD, YYYY-MM, or YYYY-MM-DDTHH)")
    when("--until", metavar="DATE", help="to the end of this day, month or hour")
    when("--last", metavar="SPAN", help="24h, 7d, 4w or 3m, the running one included")
    _filters(command)
    add = command.add_argument_group("how it is shown", argument_default=SUPPRESS).add_argument
    if grouped:
        add(
            "--by",
            action="append",
            metavar="KEY",
            help="group finer: day, project, model, source, agent, thread, session, ... (repeat, or use commas)",
        )
        add("--sort", choices=("time", "cost", "tokens"), help="the order of rows")
    add("--limit", type=int, metavar="N", help="how many rows at the most, 0 for all")
    add("--csv", action="store_true", help="as comma-separated values")
    _showing(add)


def _filters(command: ArgumentParser) -> None:
    add = command.add_argument_group("which calls", argument_default=SUPPRESS).add_argument
    add("--source", action="append", metavar="NAME", help="only this agent (claude_code, codex, ...; the beginning is enough)")
    add("--project", action="append", metavar="NAME", help="only this project, by name or directory; * matches anything")
    add("--model", action="append", metavar="NAME", help="only this model; * matches anything")


def _showing(add: Callable[..., object], *, json: bool = True) -> None:
    add("--tz", metavar="ZONE", help="time zone of days, such as Europe/Stockholm")
    if json:
        add("--json", action="store_true", help="as data (`earnmark config schema --report` describes that of reports)")
    add("--no-cost", action="store_true", help="tokens only")
    add("--no-collect", action="store_true", help="do not read the logs first")


def _add(commands: Commands, name: str, about: str, run: Handler) -> ArgumentParser:
    command = commands.add_parser(name, help=about, description=about, argument_default=SUPPRESS, formatter_class=_wrapped)
    command.set_defaults(run=run)
    return command


def _lazy(module: str, function: str) -> Handler:
    """The handler of a command, its module imported only when it runs."""

    def run(given: Namespace) -> int:
        from importlib import import_module

        handler: Handler = getattr(import_module(f"earnmark.cli.{module}"), function)
        return handler(given)

    return run
