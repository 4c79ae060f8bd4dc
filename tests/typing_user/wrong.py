"""Mistakes of a user; each marked line has an error for mypy and for pyright."""

import fsm


def mistakes() -> tuple[object, ...]:
    fsm.draw("engagement", 7)  # wrong
    fsm.draw("engagement", "png").splitlines(keepends="no")  # wrong
    fsm.load(7)  # wrong
    nonsense = fsm.nonsense  # wrong
    fsm.replay("log.csv", machine="with-feedback")  # wrong
    text: str = fsm.draw("engagement", "pdf")  # wrong
    number: int = fsm.compare("with-feedback", "without-feedback").same.bit  # wrong
    return nonsense, text, number
