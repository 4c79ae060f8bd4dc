"""Where logs are: files, pipes, object stores, the web, databases; read within bounds."""

from __future__ import annotations

from fsm.submodules import submodule

TYPE_CHECKING = False

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Import a module of this package on first use; ``import fsm`` imports none of them."""
        return submodule(__name__, name)
