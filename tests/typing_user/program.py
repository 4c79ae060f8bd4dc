"""A program of a user, which mypy and pyright check strictly, and which runs."""

# pyright: strict

from collections.abc import Iterator
from datetime import timedelta
from typing import assert_type

import polars as pl

import fsm
from fsm import FsmError, Machine, load
from fsm.machines.engagement import Engagement


def machines() -> list[Machine]:
    return [fsm.compile_chart(Engagement, "opens"), load("with-feedback")]


def drawings(machine: Machine, form: str) -> None:
    assert_type(fsm.draw(machine), str)
    assert_type(fsm.draw(machine, "mermaid"), str)
    assert_type(fsm.draw("engagement", "json"), str)
    assert_type(fsm.draw(machine, form), str | bytes)
    assert_type(fsm.figure(machine), fsm.Figure)


def picture(machine: Machine) -> bytes:
    return fsm.draw(machine, "png")


def replayed() -> fsm.Replay:
    frames = fsm.simulate("with-feedback", messages=100, seed=1)
    assert_type(frames, Iterator[pl.DataFrame])
    log = fsm.open_log(next(frames))
    assert_type(log, fsm.Log)
    (story,) = fsm.explain(log, "m000000001")
    assert_type(story, fsm.Story)
    result = fsm.replay(log, "with-feedback", validity=timedelta(days=3.5))
    assert_type(fsm.replay(log, machines()[1:]), fsm.Replay)
    assert_type(result.machines["with-feedback"].statuses, dict[str, int])
    assert_type(result.statuses, pl.DataFrame)
    return result


def compared() -> bool:
    suite = fsm.suite("with-feedback", extra_states=1)
    assert_type(suite, fsm.Suite)
    comparison = fsm.compare("with-feedback", load("without-feedback"))
    assert_type(comparison, fsm.Comparison)
    assert_type(fsm.run("with-feedback", ["relayed"]), tuple[fsm.Step, ...])
    return comparison.same


def checked(page: str) -> list[str]:
    return [str(finding) for finding in fsm.check(page).findings]


def refusal() -> str:
    try:
        load("unheard-of")
    except FsmError as error:
        return str(error)
    return ""


def main() -> None:
    for machine in machines():
        drawings(machine, "dot")
    replayed()
    assert not compared()
    assert "unheard-of" in refusal()


if __name__ == "__main__":
    main()
