"""Read what senders have: server logs, provider webhooks, bounce mails, exports.

Every family has a small reader beside the table that says what its events mean. A reader finds
events and their native names; the tables give them their meaning; nothing here holds a state
machine.
"""

from __future__ import annotations

from fsm.submodules import submodule

TYPE_CHECKING = False

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Import a module of this package on first use; ``import fsm`` imports none of them."""
        return submodule(__name__, name)
