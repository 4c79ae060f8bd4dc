"""Assembly of a page from its parts; the same bytes for the same parts."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from html import escape
from importlib.resources import files

from fsm.page.palette import palette_css
from fsm.text import shortened, visible

__all__ = ["as_json_block", "assemble_page", "fill_template", "read_asset"]

_SLOT = re.compile(r"\{\{(\w+)\}\}")
_MARKUP = {ord(character): f"\\u{ord(character):04x}" for character in "<>&"}
_POLICY = (
    "default-src 'none'; script-src {}; style-src 'unsafe-inline'; img-src data: blob:; "
    "base-uri 'none'; form-action 'none'"
)

_NOSCRIPT = """\
<noscript><p class="note">Parts of this page need JavaScript, which is disabled.</p></noscript>
"""


def assemble_page(
    title: str,
    main: str,
    *,
    subtitle: str = "",
    footer: str = "",
    styles: Sequence[str] = (),
    scripts: Sequence[str] = (),
    data: Mapping[str, object] | None = None,
    colours: Iterable[str] = (),
) -> str:
    """Return a page: a header with the title and the theme switch, ``main``, a footer.

    ``title`` and ``subtitle`` are text, ``main`` and ``footer`` are HTML. ``styles`` come after
    the theme's. ``scripts`` run in this order at the end of the page. Each value of ``data`` is
    JSON in an element with its key as id: ``JSON.parse(document.getElementById(id).textContent)``.
    ``colours`` are those of machines, see :func:`fsm.page.palette.palette_css`.
    Libraries are scripts too; the policy of the page forbids them ``eval`` and every connection.
    """
    early, late = _inline(read_asset("fsm.page", "theme.js")), [_inline(text) for text in scripts]
    style = "\n".join((read_asset("fsm.page", "theme.css"), palette_css(colours), *styles))
    return fill_template(
        read_asset("fsm.page", "page.html"),
        policy=escape(_POLICY.format(" ".join(map(_allowed, (early, *late))))),
        title=_text(title),
        subtitle=f'<p class="subtitle">{_text(subtitle)}</p>' if subtitle else "",
        style=style.replace("</style", "<\\/style"),
        theme=early,
        noscript=_NOSCRIPT if scripts else "",
        main=main,
        footer=footer,
        data="\n".join(as_json_block(name, value) for name, value in (data or {}).items()),
        scripts="\n".join(f"<script>{text}</script>" for text in late),
    )


def read_asset(package: str, name: str) -> str:
    """Return the text of a file that belongs to a package, such as its style or its script."""
    return files(package).joinpath(name).read_text("utf-8")


def fill_template(template: str, **slots: str) -> str:
    """Return a template with HTML in the place of each ``{{slot}}``.

    Slots in the filled-in HTML are not replaced. The caller must escape text.

    >>> fill_template("<p>{{a}} {{b}}</p>", a="{{b}}", b="&lt;")
    '<p>{{b}} &lt;</p>'
    """
    return _SLOT.sub(lambda slot: slots[slot[1]], template)


def as_json_block(name: str, value: object) -> str:
    r"""Return a value as an element for scripts to read; browsers do not run it.

    The content is ASCII, and no string in it can end the element.

    >>> as_json_block("facts", {"a": "</script>"})
    '<script type="application/json" id="facts">{"a":"\\u003c/script\\u003e"}</script>'
    """
    text = json.dumps(value, separators=(",", ":")).translate(_MARKUP)
    return f'<script type="application/json" id="{escape(name)}">{text}</script>'


def _text(text: str) -> str:
    return escape(visible(shortened(text)))


def _inline(script: str) -> str:
    """Return a script for a page: an end tag within its strings must not end the script."""
    return "\n" + script.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _allowed(script: str) -> str:
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"
