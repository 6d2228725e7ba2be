"""Which entry of the price list a model's name means. The list is described in tools/snapshot_prices.py. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from earnmark.rules.names import Name

Schedule = list[list[int]]

CONTEXTS = {
    "batch": ("processing=batch",),
    "flex": ("service_tier=flex",),
    "priority": ("service_tier=priority",),
    "fast": ("speed=fast", "service_tier=fast", "service_tier=priority"),
}
"""What the price list calls a Sku's tier, the first that a model has."""

ABROAD = {"zhipuai": "zai"}
"""Makers with one list for their own country and one, asked first, for everyone else."""

KNOWS_MANY = ("zai", "github-copilot", "aws", "openrouter")
"""Who is asked, in this order, about a model for which neither its host nor its maker has a price."""

BY_MAKER = "openrouter"
"""The provider whose models are called "maker/model"."""


class Found(NamedTuple):
    """Whose price it is, the list's name of the model, its schedule, and whether that is the schedule of the tier asked for."""

    provider: str
    model: str
    schedule: Schedule
    tier_known: bool


class PriceList:
    """The decoded price list; a provider's models are looked at when somebody asks about them."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.version: str = data["version"]
        self.package: str = data["package"]
        self.rows: list[list[Any]] = data["rows"]
        self._raw: Mapping[str, Any] = data["providers"]
        self._providers: dict[str, _Provider] = {}

    def find(self, name: Name, tier: str) -> Found | None:
        """The entry of a model; None when there is none with a price per token."""
        if name.local or not name.spellings[0]:
            return None
        for host in self._hosts(name):
            if found := self._special(host, name, tier) or self._common(host, name, tier):
                return found
        return None

    def _special(self, host: str, name: Name, tier: str) -> Found | None:
        """A model of its own for the tier, as "name-fast" or "name:batch"."""
        provider = self._provider(host)
        for spelling in name.spellings if tier else ():
            for special in (f"{spelling}-{tier}", f"{spelling}:{tier}"):
                at = provider.exact.get(special)
                if at is not None and self._priced(provider.models[at]):
                    return Found(host, provider.models[at][0], provider.models[at][2], tier_known=True)
        return None

    def _common(self, host: str, name: Name, tier: str) -> Found | None:
        """The model, at the price of the tier where the host lists one for it. Models of others that a host serves have no such."""
        for owner in (host, *self._provider(host).also_serves):
            provider = self._provider(owner)
            for spelling in name.spellings:
                at = provider.match(spelling)
                if at is None or not self._priced(provider.models[at]):
                    continue
                entry = provider.models[at]
                variants = entry[3] if len(entry) > 3 and owner == host else {}
                variant = next((variants[context] for context in CONTEXTS.get(tier, ()) if context in variants), None)
                return Found(host, entry[0], variant or entry[2], tier_known=variant is not None or not tier)
        return None

    def _priced(self, entry: list[Any]) -> bool:
        return any(self.rows[row] and len(self.rows[row][0][0]) > 1 for dated in entry[2] for row in dated[1::2])

    # ---- providers ---------------------------------------------------------------------------------------------

    def _hosts(self, name: Name) -> list[str]:
        """The providers to ask, in order: who served it, who makes it, who knows many."""
        hosts = [self._called(host) for host in name.hosts]
        for provider, (makes, *_) in self._raw.items():
            if makes is not None and any(holds(makes, spelling) for spelling in name.spellings):
                hosts += [ABROAD.get(provider, ""), provider]
        return [host for host in dict.fromkeys([*hosts, *KNOWS_MANY]) if host in self._raw]

    def _called(self, host: str) -> str:
        """The price list's name of a provider, "" when it does not know it."""
        if host in self._raw:
            return host
        return next((provider for provider, raw in self._raw.items() if raw[1] is not None and holds(raw[1], host)), "")

    def _provider(self, provider: str) -> _Provider:
        if provider not in self._providers:
            self._providers[provider] = _Provider(self._raw[provider], by_maker=provider == BY_MAKER)
        return self._providers[provider]


class _Provider:
    """A provider's models, indexed by the exact names that most of them go by."""

    def __init__(self, raw: Sequence[Any], *, by_maker: bool) -> None:
        self.also_serves: list[str] = raw[2]
        self.models: list[list[Any]] = raw[3]
        self.exact: dict[str, int] = {}
        self.loose: list[tuple[int, Any]] = []
        for at, (name, clauses, *_) in enumerate(self.models):
            for clause in [clauses] if isinstance(clauses, str) else clauses:
                if clause[0] == "=":
                    self.exact.setdefault(clause[1:] or name.lower(), at)
                else:
                    self.loose.append((at, clause))
        self.tails: dict[str, int] = {}
        for name, at in self.exact.items() if by_maker else ():
            if "/" in name and ":" not in name:
                self.tails.setdefault(name.rsplit("/", 1)[-1], at)

    def match(self, model: str) -> int | None:
        """The first model that goes by this name, in lower case."""
        best = self.exact.get(model)
        for at, clause in self.loose:
            if best is not None and at >= best:
                break
            if holds(clause, model):
                return at
        return self.tails.get(model) if best is None else best


def holds(clause: Any, name: str) -> bool:
    """Whether a clause of the price list (of a list: any of them) is true of a name in lower case."""
    if not isinstance(clause, str):
        if clause[0] == "&":
            return all(holds(one, name) for one in clause[1:])
        return any(holds(one, name) for one in clause)
    mark, value = clause[0], clause[1:]
    if mark == "=":
        return name == value
    if mark == "^":
        return name.startswith(value)
    if mark == "$":
        return name.endswith(value)
    return value in name if mark == "~" else re.search(value, name) is not None
