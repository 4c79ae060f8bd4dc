"""Read what senders have: server logs, provider webhooks, bounce mails, exports.

Every family has a small reader beside the table that says what its events mean. A reader finds
events and their native names; the tables give them their meaning; nothing here holds a state
machine.
"""

from __future__ import annotations

from functools import partial

from fsm.submodules import submodule

TYPE_CHECKING = False

if not TYPE_CHECKING:
    # Modules of this package are imported when they are first asked for.
    __getattr__ = partial(submodule, __name__)
