"""What one message is called in results: a fine, a parcel, a case.

E-mail has words of its own (messages to send, sent), which results use where one of the machines is
of e-mail. Such a machine has an event that nothing else has: a hand-over to a mail server, or a
bounce.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fsm.machine import Machine
from fsm.text import plural, quantity, visible

__all__ = ["Unit", "unit_of"]

_OF_MAIL = frozenset(("relayed", "soft_bounce", "hard_bounce", "retry_succeeded", "retry_failed"))


@dataclass(frozen=True)
class Unit:
    """The name of one message, and whether the words of e-mail fit."""

    name: str = "message"
    is_mail: bool = True

    @property
    def several(self) -> str:
        """The name of more than one."""
        return plural(self.name)

    @property
    def title(self) -> str:
        """The name at the beginning of a line."""
        return self.name[:1].upper() + self.name[1:]

    @property
    def words(self) -> list[str]:
        """The name of one, and of several, for scripts."""
        return [visible(self.name), visible(self.several)]

    @property
    def all(self) -> str:
        """The name of all of them, to which percentages refer."""
        return f"{self.several} to send" if self.is_mail else self.several

    def count(self, number: int) -> str:
        """Return how many there are.

        >>> Unit("fine").count(2), Unit("box").count(1), Unit("box").count(3)
        ('2 fines', '1 box', '3 boxes')
        """
        return quantity(number, self.name)


def unit_of(machines: Iterable[Machine], of_log: str | None = None) -> Unit:
    """Return the unit of machines that run a log, which may name one itself.

    The name is that of the machines, where they agree, else that of the log, else *message*.

    >>> import fsm
    >>> unit_of([fsm.load("with-feedback")])
    Unit(name='message', is_mail=True)
    >>> unit_of([fsm.load("quarantine")], "case")
    Unit(name='case', is_mail=False)
    """
    machines = tuple(machines)
    names = {machine.unit for machine in machines}
    name = names.pop() if len(names) == 1 else None
    is_mail = any(not _OF_MAIL.isdisjoint(machine.events) for machine in machines)
    return Unit(name or of_log or "message", is_mail)
