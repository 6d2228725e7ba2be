"""Settings: one TOML file and the environment, every option declared once, unknown keys refused by name."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple


class ConfigError(Exception):
    """A setting cannot be used; the message names the file or variable, the key, and the remedy."""


class Option(NamedTuple):
    """One setting. `kind` is str, int, list (of strings), table (of strings) or tables; `choices` limits a str."""

    name: str
    kind: type | str
    default: Any
    about: str
    choices: tuple[str, ...] = ()


OPTIONS = (
    Option("timezone", str, "", "Time zone of days, weeks and months, such as Europe/Stockholm; empty is this computer's own."),
    Option("week_start", str, "monday", "First day of a week.", ("monday", "sunday")),
    Option("color", str, "auto", "Colour in the terminal: auto is on where people look and off in pipes.", ("auto", "always", "never")),
    Option("workers", int, 0, "Processes that read logs side by side; 0 is one per processor."),
    Option(
        "homes", list, [], "Further home directories to read agents' logs in: of Windows seen from WSL, of a container, of another machine's copy."
    ),
    Option("disabled", list, [], "Sources not to read, by name."),
    Option("billing", "table", {}, 'How each source is paid for: "api", or "subscription" (cost is then a list-price equivalent).'),
    Option("projects", "table", {}, "Names for projects: a directory (shell patterns are fine) = the name to show; one name may gather several."),
    Option("prices", "tables", [], "Your own prices: discounts, multipliers, private models, each with dates. See `earnmark config schema`."),
)
_BY_NAME = {option.name: option for option in OPTIONS}
BILLING = ("api", "subscription")


class Config:
    """Every setting's value, and where each came from: "default", a file, or an environment variable."""

    def __init__(self, values: Mapping[str, Any], origins: Mapping[str, str], path: str) -> None:
        self.values = values
        self.origins = origins
        self.path = path

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


def load(env: Mapping[str, str], path: str) -> Config:
    """The settings of this environment: defaults, then the file, then EARNMARK_<NAME> variables. Raises ConfigError."""
    values = {option.name: option.default for option in OPTIONS}
    origins = dict.fromkeys(values, "default")
    if os.path.exists(path):
        for name, value in _read(path).items():
            option = _BY_NAME.get(name)
            if option is None:
                raise ConfigError(f'{path}: there is no setting "{name}"{nearest(name)}')
            values[name] = check(option, value, path)
            origins[name] = path
    for option in OPTIONS:
        variable = f"EARNMARK_{option.name.upper()}"
        if env.get(variable) and option.kind in (str, int, list):
            values[option.name] = check(option, parse(option, env[variable]), variable)
            origins[option.name] = f"${variable}"
    return Config(values, origins, path)


def _read(path: str) -> dict[str, Any]:
    import tomllib

    try:
        with open(path, "rb") as handle:
            return tomllib.load(handle)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None


def nearest(name: str) -> str:
    """What to add to a message about an unknown setting: the nearest one, or where to look."""
    from difflib import get_close_matches

    close = get_close_matches(name, _BY_NAME, 1)
    return f'; did you mean "{close[0]}"?' if close else "; see `earnmark config show`"


def option_named(name: str) -> Option:
    """The option of this name. Raises ConfigError with the nearest known one."""
    if name not in _BY_NAME:
        raise ConfigError(f'there is no setting "{name}"{nearest(name)}')
    return _BY_NAME[name]


def parse(option: Option, text: str) -> Any:
    """A value as typed on a command line or in a variable."""
    if option.kind is int and text.removeprefix("-").isdecimal():
        return int(text)
    if option.kind is list:
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def check(option: Option, value: Any, where: str) -> Any:
    """The value, when it is one this option can have. Raises ConfigError naming where it stands."""
    fits: Callable[[], bool] = {
        str: lambda: isinstance(value, str),
        int: lambda: isinstance(value, int) and not isinstance(value, bool) and value >= 0,
        list: lambda: isinstance(value, list) and all(isinstance(item, str) for item in value),
        "table": lambda: isinstance(value, dict) and all(isinstance(item, str) for item in value.values()),
        "tables": lambda: isinstance(value, list) and all(isinstance(item, dict) for item in value),
    }[option.kind]
    if not fits():
        raise ConfigError(f"{where}: {option.name} must be {_WANTED[option.kind]}, not {value!r}")
    if option.choices and value not in option.choices:
        raise ConfigError(f"{where}: {option.name} must be one of {', '.join(option.choices)}, not {value!r}")
    if option.name == "billing" and (wrong := [item for item in value.values() if item not in BILLING]):
        raise ConfigError(f"{where}: billing must be api or subscription, not {wrong[0]!r}")
    if option.name in ("billing", "disabled") and value:
        _check_sources(option.name, value, where)
    if option.name == "timezone" and value:
        check_zone(value, where)
    if option.name == "prices":
        _check_prices(value, where)
    return value


def _check_sources(name: str, value: Iterable[str], where: str) -> None:
    from importlib.metadata import entry_points

    from earnmark import sources

    known = [*sources.names(), *(point.name for point in entry_points(group="earnmark.sources"))]
    for source in value:
        if source not in known:
            raise ConfigError(f'{where}: {name}: there is no agent called "{source}"{closest(source, known)}')


def closest(name: str, known: Iterable[str]) -> str:
    """What to add to a message about an unknown name: the known one that is nearest or begins so, else all there are."""
    from difflib import get_close_matches

    known = list(known)
    begin = [other for other in known if other.startswith(name)] if name else []
    close = begin if len(begin) == 1 else get_close_matches(name, known, 1)
    if close:
        return f'; did you mean "{close[0]}"?'
    return f"; it could be any of {', '.join(begin)}" if begin else f"; there are {', '.join(sorted(known))}"


_WANTED: dict[Any, str] = {
    str: "text",
    int: "a whole number, 0 or more",
    list: "a list of texts",
    "table": "a table of texts",
    "tables": "an array of tables ([[prices]])",
}


def check_zone(name: str, where: str) -> None:
    """Refuse what is no time zone. Raises ConfigError naming where it stands."""
    from zoneinfo import ZoneInfo

    try:
        if name.upper() != "UTC":
            ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise ConfigError(f'{where}: there is no time zone "{name}"; use a name such as Europe/Stockholm or UTC') from None


def _check_prices(value: list[dict[str, Any]], where: str) -> None:
    from earnmark.rules.price import overrides_from

    try:
        overrides_from(value)
    except ValueError as error:
        raise ConfigError(f"{where}: {error}") from None


def write(path: str, name: str, text: str) -> Any:
    """Set one option in the file, keeping its comments; returns the value. Raises ConfigError."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    option = option_named(name)
    if option.kind == "tables":
        raise ConfigError(f"{name} is an array of tables: edit {path}")
    try:
        with open(path, encoding="utf-8") as handle:
            document = tomlkit.parse(handle.read())
    except FileNotFoundError:
        document = tomlkit.document()
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}. Mend it first, or move it aside") from None
    if option.kind == "table":
        key, separator, item = text.partition("=")
        if not separator or not key.strip():
            raise ConfigError(f"{name} is a table: write earnmark config set {name} KEY=VALUE")
        check(option, {key.strip(): item.strip()}, "the value given")
        document.setdefault(name, tomlkit.table())[key.strip()] = item.strip()
    else:
        document[name] = check(option, parse(option, text), "the value given")
    _replace(path, tomlkit.dumps(document))
    return document[name].unwrap()


def _replace(path: str, text: str) -> None:
    """Write the file anew, whole or not at all; a link to it stays a link."""
    from earnmark.book.replacing import replacing

    target = os.path.realpath(path)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with replacing(target) as temporary, open(temporary, "w", encoding="utf-8") as handle:
        handle.write(text)


def schema() -> dict[str, Any]:
    """The settings file as a JSON Schema."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Earnmark settings (config.toml)",
        "type": "object",
        "additionalProperties": False,
        "properties": {option.name: _schema_of(option) for option in OPTIONS},
    }


def _schema_of(option: Option) -> dict[str, Any]:
    texts = {"type": "string"}
    shape: dict[Any, dict[str, Any]] = {
        str: {"type": "string"},
        int: {"type": "integer", "minimum": 0},
        list: {"type": "array", "items": texts},
        "table": {"type": "object", "additionalProperties": {"enum": list(BILLING)} if option.name == "billing" else texts},
        "tables": {"type": "array", "items": _PRICE},
    }
    return {
        "description": option.about,
        "default": option.default,
        **shape[option.kind],
        **({"enum": list(option.choices)} if option.choices else {}),
    }


_MONEY = {"type": "number", "minimum": 0}
_PRICE = {
    "type": "object",
    "required": ["match"],
    "additionalProperties": False,
    "properties": {
        "match": {"type": "string", "description": "Model name, as logged or as shown; shell patterns are fine."},
        "provider": {"type": "string"},
        "since": {"description": "First day, YYYY-MM-DD, UTC."},
        "until": {"description": "First day after the last, YYYY-MM-DD, UTC."},
        **{
            name: {**_MONEY, "description": "US dollars per million tokens."}
            for name in ("input", "cache_read", "cache_write_5m", "cache_write_1h", "output")
        },
        "search": {**_MONEY, "description": "US dollars per thousand web searches."},
        "multiplier": {**_MONEY, "description": "List price times this."},
        "discount_pct": {"type": "number", "minimum": 0, "maximum": 100, "description": "List price less this many per cent."},
    },
}
