"""Where the command begins. What must be instant is answered before anything else is imported."""

from __future__ import annotations

import sys


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] in (["--version"], ["-V"]):
        from earnmark import __version__

        print(f"earnmark {__version__}")
        return 0
    if given[:1] == ["statusline"] and "--help" not in given and "-h" not in given:
        from earnmark.cli.statusline import run

        return run(given[1:])
    from earnmark.cli.commands import run_command

    return run_command(given)


if __name__ == "__main__":
    sys.exit(main())
