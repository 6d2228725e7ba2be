"""Pi, and its descendants OMP (oh-my-pi) and Senpi.

Where: `sessions/--<working directory>--/<time>_<id>.jsonl` below `$PI_CODING_AGENT_DIR` or `$PI_AGENT_DIR`, else
`~/.pi/agent`; `$PI_CODING_AGENT_SESSION_DIR` names a folder of sessions. OMP writes below `~/.omp/agent`, Senpi below
`~/.senpi/agent`, on every system; a subagent of OMP has its own file in a folder named after its parent's.

What is odd: a session is a tree, and all its branches were billed. Forks copy entries into another file unchanged; they
count once, by the provider's response id, or by time and counts where there is none or it is too short to be unique. The
input leaves out what the cache held, the output includes reasoning. A cache write counts as one for five minutes unless
the log gives the part kept for an hour; the logged cost of some versions prices that part too low.

What it hides: older versions do not log the calls that compact a session or sum up a branch. There is no git branch and
no client version.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from earnmark.model import LINES, SUBAGENT, Event, Lane, Machine, Place, Source
from earnmark.sources._pi import NEEDLE, call, session_of
from earnmark.sources.reading import File

PARENT = re.compile(r".*/\d{4}-[^/]*_([0-9a-f-]{36})/([^/]+)\.jsonl")


def places(machine: Machine) -> list[Place]:
    """The sessions of Pi, OMP and Senpi."""
    found = []
    for root in (
        machine.get("PI_CODING_AGENT_DIR", "PI_AGENT_DIR") or machine.under(".pi", "agent"),
        machine.under(".omp", "agent"),
        machine.under(".senpi", "agent"),
    ):
        found.append(Place(root.rstrip("/"), ("sessions/*.jsonl", "--*.jsonl")))
    if folder := machine.get("PI_CODING_AGENT_SESSION_DIR").rstrip("/"):
        found.append(Place(folder, ("*.jsonl",)))
    return found


def read(file: File) -> Iterator[Event]:
    """One event per model call; `file.state` keeps the session's head and the model in use."""
    lane = Lane("pi")
    if inner := PARENT.fullmatch(file.path.replace("\\", "/")):
        lane = lane._replace(thread=SUBAGENT, agent=inner[2].lstrip("0123456789").lstrip("-"))
    for row in file.rows(NEEDLE):
        if event := call(file, row, file.state, lane):
            if inner and not event.session.parent:
                event = event._replace(session=event.session._replace(parent=session_of(inner[1])))
            yield event


SOURCE = Source(
    name="pi",
    title="Pi",
    places=places,
    read=read,
    kind=lambda path: LINES,
    hides="older versions do not log the calls that compact a session or sum up a branch",
    note="Covers OMP and Senpi. Set PI_CODING_AGENT_DIR to read another directory.",
)
