"""What a model is called: the many spellings of agents, clouds and gateways, brought to one short name. Pure functions."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from earnmark.model import Sku

HOSTS = {
    "anthropic": "anthropic claude claude-code claude.ai anthropic-messages",
    "openai": "openai openai-native openai-codex openai-responses openai-chat codex chatgpt",
    "google": "google gemini gemini-cli google-gemini-cli google-generative-ai google-ai-studio google-antigravity antigravity "
    "vertex vertexai vertex-ai google-vertex google-vertex-ai google-vertex-anthropic gcp publishers",
    "aws": "aws bedrock amazon-bedrock aws-bedrock bedrock-converse amazon",
    "azure": "azure azure-openai azure-ai azure-foundry azure-cognitive-services foundry microsoft",
    "github-copilot": "github-copilot copilot github-copilot-enterprise copilot-cli",
    "openrouter": "openrouter open-router",
    "moonshotai": "moonshot moonshotai moonshotai-cn moonshot-ai kimi kimi-code kimi-coding kimi-for-coding managed:kimi-code",
    "zai": "zai z.ai z-ai zai-coding-plan zai-org",
    "zhipuai": "zhipu zhipuai zhipuai-coding-plan bigmodel",
    "x-ai": "xai x-ai x.ai grok",
    "deepseek": "deepseek deepseek-ai",
    "mistral": "mistral mistralai",
    "minimax": "minimax minimax-cn minimaxai minimax-coding-plan",
    "together": "together togetherai together-ai together.ai",
    "fireworks": "fireworks fireworks-ai",
    "groq": "groq",
    "cerebras": "cerebras",
    "cursor": "cursor",
    "novita": "novita novita-ai",
}
"""The price list's name of a provider, and what agents and gateways call it (underscores count as dashes)."""

LOCAL = {
    *("ollama", "lmstudio", "lm-studio", "llama.cpp", "llama-cpp", "llamacpp", "llamafile", "local", "localai", "local-ai"),
    *("vllm", "sglang", "mlx", "jan", "oss", "docker-model-runner"),
}
"""Providers that run on the user's own machine: the public price of a model of the same name says nothing about them."""

ALIASES = {
    "claude-opus-41": "claude-opus-4-1",
    "gpt-35-turbo": "gpt-3.5-turbo",
    "deepseek.r1": "deepseek-r1",
    "grok-code-fast": "grok-code-fast-1",
}

_HOST = {alias: host for host, aliases in HOSTS.items() for alias in aliases.split()}
_CUSTOM = re.compile(r"custom:(?:(.+)-\[(.*)\](?:-\d+)?|(.+))")
_BRACKET = re.compile(r"\[[^\]]*\]$")
_BEDROCK = re.compile(
    r"(?:[a-z]{2,6}(?:-gov)?\.)?(?:anthropic|amazon|meta|mistral|openai|qwen|moonshotai|moonshot|minimax|zai|google|nvidia|cohere|ai21|writer|deepseek)"
    r"\.(?=[a-z])"
)
_BEDROCK_VERSION = re.compile(r"(?:-v?\d+:\d+(?::\w+)?|-v\d+)$|:\d+$")
_CLAUDE_VERSION = re.compile(r"(?<=\d)-v\d+(?::\d+)?$")
_NOT_STANDARD = re.compile(r":(?:free|batch)$")
_CHOICE = re.compile(r":(?:free|beta|nitro|floor|online|thinking|extended|exacto|batch)$")
_DATE = re.compile(r"[-@]20\d\d-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01])(?=[-:@]|$)")
_GEMINI_DATE = re.compile(r"-(?:\d\d-\d\d|\d\d-20\d\d)$")
_COMPACT_DATE = re.compile(r"-(20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=[-:]|$)")
_EFFORT = re.compile(r"-(?:minimal|none|low|medium|high|xhigh)$")
_CLAUDE_EFFORT = re.compile(r"-(?:thinking|minimal|none|low|medium|high|xhigh|max|1m|latest)$")
_CLAUDE_TURNED = re.compile(r"claude-(\d{1,2})(?:-(\d{1,2}))?-([a-z]+)(.*)")
_CLAUDE_OLD = re.compile(r"claude-([a-z]+)-(3)-(\d+)")
_OPENAI = re.compile(r"gpt-|o\d")
_P_FOR_POINT = re.compile(r"(?<=\d)p(?=\d)")


class Name(NamedTuple):
    """How to look a model up.

    Its spellings, and the providers that may have served it, best first; the tier that its name says it was asked for in; and
    whether it ran on the user's own machine.
    """

    spellings: tuple[str, ...]
    hosts: tuple[str, ...] = ()
    tier: str = ""
    local: bool = False


@lru_cache(maxsize=4096)
def canonical(model: str) -> str:
    """The short name that reports group by: the same for every spelling of a model, without dates, hosts and tiers."""
    name = model
    while (shorter := _shortened(name)) != name:
        name = shorter
    return name


def _shortened(model: str) -> str:
    name = _bare(model)
    if match := _BEDROCK.match(name):
        name = name if name.startswith("deepseek.") else name[match.end() :]
        name = _BEDROCK_VERSION.sub("", name)
    if name.startswith("claude"):
        name = _CLAUDE_VERSION.sub("", name)
    name = _DATE.sub("", _CHOICE.sub("", name)).split("@")[0] or name
    name = name.removesuffix("-latest")
    if name.startswith("claude"):
        name = _claude(name)
    elif _OPENAI.match(name):
        name = re.sub(r"^gpt-(\d)-(\d)(?=$|-)", r"gpt-\1.\2", _EFFORT.sub("", name.removesuffix("-fast")))
    elif name.startswith("gemini"):
        name = _GEMINI_DATE.sub("", _EFFORT.sub("", name))
    elif name.startswith("grok"):
        name = _EFFORT.sub("", name)
    elif name.startswith(("kimi", "glm", "deepseek", "minimax", "qwen", "k2", "k3")):
        name = _P_FOR_POINT.sub(".", name)
        name = f"kimi-{name}" if name.startswith(("k2.", "k3.")) else name
    return ALIASES.get(name, name)


def _claude(name: str) -> str:
    """`claude-<family>-<major>[-<minor>]` from version 4 on, `claude-<major>-<minor>-<family>` before."""
    name = name.replace(".", "-")
    while (shorter := _CLAUDE_EFFORT.sub("", name.removesuffix("-fast"))) != name:
        name = shorter
    if (turned := _CLAUDE_TURNED.fullmatch(name)) and int(turned[1]) >= 4:
        name = "-".join(part for part in ("claude", turned[3], turned[1], turned[2]) if part) + turned[4]
    elif old := _CLAUDE_OLD.fullmatch(name):
        name = f"claude-{old[2]}-{old[3]}-{old[1]}"
    return re.sub(r"(-[4-9])-0$", r"\1", name)


def read(sku: Sku) -> Name:
    """What a Sku's model and provider say, for looking its price up."""
    raw = sku.model.strip().lower()
    given = sku.provider.strip().lower()
    if given.replace("_", "-") in LOCAL or raw.split("/")[0] in LOCAL:
        return Name((raw,), local=True)
    custom = _CUSTOM.fullmatch(raw)
    if custom:
        raw = custom[1] or custom[3]
    label = (custom[2] or "") if custom else ""
    tier = "fast" if raw.endswith(("-fast", "[fast=true]")) and raw.split("/")[-1].startswith(("claude", "gpt-")) else ""
    spellings = _spellings(raw.removesuffix("-fast") if tier else raw)
    return Name(tuple(dict.fromkeys(spellings)), tuple(_hosts(raw, label, given)), tier)


def provider(name: str) -> str:
    """The price list's name of a provider, in lower case; a name that is not known here as it is."""
    plain = name.strip().lower()
    return _HOST.get(plain.replace("_", "-"), plain)


def _hosts(raw: str, *given: str) -> list[str]:
    """The providers as given; the one in front of the model's name; the one that the name's form gives away."""
    path = raw.split("/")
    first = path[0] if len(path) > 1 else ""
    form = "aws" if raw.startswith("arn:aws:bedrock") or _BEDROCK.match(path[-1]) else ""
    return [provider(host) for host in (*given, first, form) if host]


def _spellings(raw: str) -> list[str]:
    """The name as logged, without what stands before it, and in the ways that price lists write it."""
    if _NOT_STANDARD.search(raw):
        return [raw, raw.split("/", 1)[-1]]
    whole = _BRACKET.sub("", raw)
    parts = whole.split("/")
    short = canonical(raw)
    found = [raw, *("/".join(parts[at:]) for at in range(len(parts)))]
    if (match := _BEDROCK.match(parts[-1])) and short:
        found.append(f"{match[0]}{short}")
    found += [_COMPACT_DATE.sub(r"-\1-\2-\3", name) for name in found if _COMPACT_DATE.search(name)]
    found.append(short)
    if short.startswith("claude"):
        found.append(re.sub(r"(?<=-\d)-(?=\d)", ".", short))
    elif short.startswith("gemini") and not short.endswith("-preview"):
        found.append(f"{short}-preview")
    return found


def _bare(model: str) -> str:
    """A name in lower case without its host, path and options."""
    name = model.strip().lower()
    if custom := _CUSTOM.fullmatch(name):
        name = custom[1] or custom[3]
    name = name.removesuffix("[fast=true]") + "-fast" if name.endswith("[fast=true]") else _BRACKET.sub("", name)
    return name.rstrip("/").rsplit("/", 1)[-1].lstrip("~@") or name
