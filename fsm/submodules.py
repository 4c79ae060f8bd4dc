"""Modules of a package that are imported when they are first asked for (PEP 562)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["submodule"]


def submodule(package: str, name: str) -> ModuleType:
    """Import a module of a package, for its ``__getattr__``; raises :class:`AttributeError`.

    So ``import fsm`` is enough for ``fsm.errors.LogError``, and still imports next to nothing.

    >>> submodule("fsm", "errors").__name__
    'fsm.errors'
    """
    from importlib import import_module
    from importlib.util import find_spec

    full_name = f"{package}.{name}"
    if name.startswith("_") or not name.isidentifier() or find_spec(full_name) is None:
        raise AttributeError(f"module {package!r} has no attribute {name!r}")
    return import_module(full_name)
