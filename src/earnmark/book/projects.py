"""Which project a working directory belongs to: its git repository, however many worktrees and clones it has."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple

_WORKTREE = re.compile(r"(.+?)/(?:\.claude/worktrees|\.worktrees|\.git/worktrees)/[^/]+")


class Project(NamedTuple):
    """A project: the name to show, the directory at its root, and its git remote where there is one."""

    name: str
    root: str
    remote: str


def resolve(path: str) -> Project:
    """The project of a directory, by the git repository it is (or was) in; by its own name when there is none to be seen."""
    plain = path.replace("\\", "/").rstrip("/") or "/"
    at = plain
    while at and at != "/":
        entry = f"{at}/.git"
        if os.path.isdir(entry):
            return _repository(at, entry)
        if os.path.isfile(entry):
            common = _common_directory(entry)
            return _repository(os.path.dirname(common), common) if common else Project(_name(at), at, "")
        parent = os.path.dirname(at)
        at = "" if parent == at else parent
    found = _WORKTREE.match(plain)
    root = found.group(1) if found else plain
    return Project(_name(root), root, "")


def _repository(root: str, directory: str) -> Project:
    remote = _remote(f"{directory}/config")
    if os.path.basename(directory) != ".git":
        root = directory.removesuffix(".git")
    return Project(_name(remote.removesuffix(".git")) if remote else _name(root), root, remote)


def _common_directory(entry: str) -> str:
    """The repository a worktree's `.git` file leads to, "" when it leads nowhere."""
    target = _first_line(entry).removeprefix("gitdir:").strip()
    if not target:
        return ""
    directory = os.path.normpath(os.path.join(os.path.dirname(entry), target))
    shared = _first_line(f"{directory}/commondir")
    return os.path.normpath(os.path.join(directory, shared)) if shared else ""


def _remote(config: str) -> str:
    """The URL of the remote "origin", without any user name or secret in it."""
    try:
        with open(config, encoding="utf-8", errors="replace") as handle:
            text = handle.read(1 << 16)
    except OSError:
        return ""
    found = re.search(r'^\s*\[remote "origin"\][^\[]*?^\s*url\s*=\s*(\S+)', text, re.MULTILINE)
    return re.sub(r"//[^/@]*@", "//", found.group(1)) if found else ""


def _first_line(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as handle:
            return handle.readline(4096).strip()
    except OSError:
        return ""


def _name(path: str) -> str:
    return re.split(r"[/:]", path.rstrip("/"))[-1] or path


def _place(root: str, remote: str) -> tuple[str, ...]:
    """What makes a project this one and no other, in parts: its remote, however it is reached, else its directory."""
    if not remote:
        return tuple(part for part in root.split("/") if part)
    plain = re.sub(r"^[a-z+]+://", "", remote.rstrip("/").removesuffix(".git")).rpartition("@")[2]
    return tuple(part for part in re.split(r"[/:]", plain) if part)


class Namer:
    """Shows each directory under its project's name; directories of different projects never share one."""

    def __init__(self, known: Mapping[str, tuple[str, str, str]], chosen: Mapping[str, str]) -> None:
        self.known = known
        self.chosen = {os.path.expanduser(pattern): name for pattern, name in chosen.items()}
        self.names: dict[str, str] = {}
        places: dict[str, set[tuple[str, ...]]] = {}
        for name, root, remote in known.values():
            places.setdefault(name, set()).add(_place(root, remote))
        self.depths = {name: _depth(rivals) for name, rivals in places.items() if len(rivals) > 1}

    def __call__(self, path: str) -> str:
        """The name of the project a directory belongs to."""
        name = self.names.get(path)
        if name is None:
            name = self.names[path] = self._choose(path)
        return name

    def _choose(self, path: str) -> str:
        name, root, remote = self.known.get(path) or (_name(path), path, "")
        for pattern, chosen in self.chosen.items():
            if any(fnmatchcase(place, pattern) or place.startswith(pattern.rstrip("/") + "/") for place in (path, root)):
                return chosen
        return "/".join(_place(root, remote)[-self.depths[name] :]) if name in self.depths else name


def _depth(rivals: set[tuple[str, ...]]) -> int:
    """How many of their last parts tell these places apart."""
    deepest = max(map(len, rivals))
    return next((depth for depth in range(2, deepest) if len({place[-depth:] for place in rivals}) == len(rivals)), deepest)
