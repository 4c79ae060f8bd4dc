"""Exports of a sending log: rows that say what each message's status is, and no events.

What one export shows of a message that another one did not, is what must have happened between.
"""

from __future__ import annotations
