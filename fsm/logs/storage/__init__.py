"""Where logs are: files, pipes, object stores, the web, databases; read within bounds."""

from __future__ import annotations

from functools import partial

from fsm.submodules import submodule

TYPE_CHECKING = False

if not TYPE_CHECKING:
    # Modules of this package are imported when they are first asked for.
    __getattr__ = partial(submodule, __name__)
