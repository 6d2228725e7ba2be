"""Where VS Code and its relatives keep what their extensions write: the `User` directory of each, on every platform."""

from __future__ import annotations

import json
import os
from urllib.parse import unquote, urlsplit

from earnmark.model import Machine

EDITORS = (
    "Code", "Code - Insiders", "Code - OSS", "VSCodium", "VSCodium - Insiders", "Cursor", "Windsurf", "Windsurf - Next",
    "Antigravity", "Kiro", "Trae", "Positron",
)  # fmt: skip
"""Folder names below the directory where desktop programs keep their data."""

SERVERS = (".vscode-server", ".vscode-server-insiders", ".vscodium-server", ".cursor-server", ".windsurf-server", ".vscode-remote")
"""Folders below the home directory of a machine worked on from afar: over SSH, in WSL, or in a container."""

FLATPAKS = (("com.visualstudio.code", "Code"), ("com.vscodium.codium", "VSCodium"))


def user_dirs(machine: Machine) -> list[str]:
    """The `User` directory of every editor there may be, desktop ones first; none of them needs to exist."""
    portable = machine.get("VSCODE_PORTABLE")
    found = [f"{portable}/user-data/User"] if portable else []
    found += [f"{machine.applications}/{editor}/User" for editor in EDITORS]
    if machine.platform not in ("darwin", "win32"):
        found += [machine.under(".var", "app", app, "config", editor, "User") for app, editor in FLATPAKS]
    found += [machine.under(server, "data", "User") for server in SERVERS]
    return [*found, f"{machine.data}/code-server/User"]


def workspace(folder: str) -> str:
    """The project directory of a `workspaceStorage/<hash>` folder, from the workspace.json in it; "" when it names none."""
    try:
        with open(os.path.join(folder, "workspace.json"), "rb") as handle:
            found = json.loads(handle.read(1 << 16))
    except (OSError, ValueError):
        return ""
    uri = (found.get("folder") or found.get("workspace")) if isinstance(found, dict) else None
    return local_path(uri) if isinstance(uri, str) else ""


def local_path(uri: str) -> str:
    """A file:// address as a path of its system; any other address as it is."""
    parts = urlsplit(uri) if "://" in uri else None
    if parts is None or parts.scheme not in ("file", "vscode-remote"):
        return uri[:500]
    path = unquote(parts.path)
    return (path[1:] if path[2:3] == ":" else path)[:500]
