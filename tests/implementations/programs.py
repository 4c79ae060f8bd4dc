"""Programs that speak the protocol, or fail to, each a short Python script."""

from __future__ import annotations

import sys

DOOR = """
import json, sys
state = None
def answer(ask):
    global state
    do = ask["do"]
    if do == "reset": state = "closed"
    if do == "hello": return {"protocol": 1, "can": ["observe"]}
    if do == "send":
        event = ask["event"]
        if (state, event) == ("closed", "open"): state = "opened"
        elif (state, event) == ("opened", "close"): state = "closed"
        else: return {"rejected": True}
    if do == "observe": return {"shown": state}
    return {}
for line in sys.stdin:
    ask = json.loads(line)
    %s
    print(json.dumps(answer(ask)), flush=True)
"""


def door(extra: str = "pass") -> list[str]:
    """Return the words of a program, a door, that does ``extra`` before it answers ``ask``."""
    return [sys.executable, "-c", DOOR % extra]


def talker(*lines: str, status: int = 0) -> list[str]:
    """Return the words of a program that prints lines, whatever it is asked, and ends."""
    code = f"import sys\nprint({chr(10).join(lines)!r}, flush=True)\nsys.exit({status})"
    return [sys.executable, "-c", code]
