"""Put a page together from its parts; the same bytes for the same parts."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from html import escape
from importlib.resources import files

from fsm.page.palette import palette
from fsm.text import shortened, visible

__all__ = ["as_json_block", "assemble", "filled", "part"]

_SLOT = re.compile(r"\{\{(\w+)\}\}")
_MARKUP = {ord(character): f"\\u{ord(character):04x}" for character in "<>&"}
_POLICY = (
    "default-src 'none'; script-src {}; style-src 'unsafe-inline'; img-src data: blob:; "
    "base-uri 'none'; form-action 'none'"
)


def assemble(
    title: str,
    main: str,
    *,
    subtitle: str = "",
    footer: str = "",
    styles: Sequence[str] = (),
    scripts: Sequence[str] = (),
    data: Mapping[str, object] | None = None,
) -> str:
    """Return a page: a header with the title and the theme switch, ``main``, a footer.

    ``title`` and ``subtitle`` are text, ``main`` and ``footer`` are HTML. ``styles`` come after
    the theme's. ``scripts`` run in this order once everything before them is there; each value
    of ``data`` is JSON in an element of this id: ``JSON.parse(document.getElementById(id)
    .textContent)``. Libraries stand among the scripts as they are; a policy in the page forbids
    them ``eval`` and every connection.
    """
    early, late = _inline(part("fsm.page", "theme.js")), [_inline(text) for text in scripts]
    style = "\n".join((part("fsm.page", "theme.css"), palette(), *styles))
    return filled(
        part("fsm.page", "page.html"),
        policy=escape(_POLICY.format(" ".join(map(_allowed, (early, *late))))),
        title=_text(title),
        subtitle=f'<p class="subtitle">{_text(subtitle)}</p>' if subtitle else "",
        style=style.replace("</style", "<\\/style"),
        theme=early,
        main=main,
        footer=footer,
        data="\n".join(as_json_block(name, value) for name, value in (data or {}).items()),
        scripts="\n".join(f"<script>{text}</script>" for text in late),
    )


def part(package: str, name: str) -> str:
    """Return the text of a file that belongs to a package, such as its style or its script."""
    return files(package).joinpath(name).read_text("utf-8")


def filled(template: str, **slots: str) -> str:
    """Return a template with HTML in the place of each ``{{slot}}``.

    What is filled in is not read again, so a slot in it stays as it is. Text must be escaped by
    the caller.

    >>> filled("<p>{{a}} {{b}}</p>", a="{{b}}", b="&lt;")
    '<p>{{b}} &lt;</p>'
    """
    return _SLOT.sub(lambda slot: slots[slot[1]], template)


def as_json_block(name: str, value: object) -> str:
    r"""Return a value as an element that scripts read and browsers do not run.

    The text is plain ASCII, and nothing in it ends the element.

    >>> as_json_block("facts", {"a": "</script>"})
    '<script type="application/json" id="facts">{"a":"\\u003c/script\\u003e"}</script>'
    """
    text = json.dumps(value, separators=(",", ":")).translate(_MARKUP)
    return f'<script type="application/json" id="{escape(name)}">{text}</script>'


def _text(text: str) -> str:
    return escape(visible(shortened(text)))


def _inline(script: str) -> str:
    """Return a script as it may stand in a page; only in strings can it hold its own end."""
    return "\n" + script.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _allowed(script: str) -> str:
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"
