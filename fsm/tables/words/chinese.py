"""Tell the two scripts of Chinese apart: Simplified and Traditional."""

from __future__ import annotations

from typing import Final

__all__ = ["OTHER_CHINESE", "chinese_script_of"]

OTHER_CHINESE: Final = {"zh-hans": "traditional", "zh-hant": "simplified"}
"""The script that a language of pages does not have."""
_CODECS: Final = {"simplified": "gb2312", "traditional": "big5"}
"""Character sets from before Unicode, of one script each."""


def chinese_script_of(letter: str) -> str:
    """Return ``simplified`` or ``traditional``; empty for a letter that both scripts have.

    >>> [chinese_script_of(letter) for letter in "\u53d1\u767c\u6587a"]
    ['simplified', 'traditional', '', '']
    """
    scripts = [script for script, codec in _CODECS.items() if _has(codec, letter)]
    return scripts[0] if len(scripts) == 1 and letter > "\u2e7f" else ""


def _has(codec: str, letter: str) -> bool:
    try:
        letter.encode(codec)
    except UnicodeEncodeError:
        return False
    return True
