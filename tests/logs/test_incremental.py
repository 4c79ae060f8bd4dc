"""Logs of other formats with a checkpoint: any number of runs gives what one run gives."""

import gzip
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm.engine import replay
from fsm.engine.result import Replay
from tests.logs.any_bytes import SAMPLES

POSTFIX = "\n".join(text for name, text in SAMPLES.items() if name.startswith("postfix: "))
JOINED = {"postfix": POSTFIX, "exim": SAMPLES["exim"], "sendmail": SAMPLES["sendmail"]}
"""Logs whose lines belong together."""


def executed(source: object, directory: Path | None = None) -> Replay:
    return replay(source, cross_check=False, checkpoint=directory)


def facts(result: Replay) -> tuple[object, ...]:
    """Everything but where rows stand, and what is said of the files."""
    own = ("notes", "files")
    rejections = result.rejections.drop("file", "line")
    return (
        {key: value for key, value in result.as_dict().items() if key not in own},
        sorted(result.statuses.rows(), key=repr),
        sorted(rejections.rows(), key=repr),
    )


@pytest.mark.parametrize("rotated", [False, True], ids=["growing", "rotated"])
@pytest.mark.parametrize("text", JOINED.values(), ids=JOINED)
@given(data=st.data())
def test_any_cuts_give_the_result_of_the_whole(
    text: str, rotated: bool, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    place = tmp_path_factory.mktemp("cuts")
    lines = [f"{line}\n" for line in text.split("\n") if line]
    cuts = data.draw(st.lists(st.integers(1, len(lines) - 1), max_size=4, unique=True))
    (whole := place / "whole.log").write_text("".join(lines))
    expected = facts(executed(whole))
    log = place / "mail.log"
    files = [log]
    for number, (first, last) in enumerate(pairwise([0, *sorted(cuts), len(lines)])):
        if rotated and number % 2 and log.exists():  # it goes on for a while, then is put away
            with log.open("a") as file:
                file.write("".join(lines[first:last]))
            files.append(log.rename(place / f"mail.log.{number}"))
            packed = files[-1].with_suffix(f".{number}.gz")
            packed.write_bytes(gzip.compress(files[-1].read_bytes()))
            files[-1].unlink()
            files[-1] = packed
        else:
            with log.open("a") as file:
                file.write("".join(lines[first:last]))
        present = [str(path) for path in files if path.exists()]
        result = executed(present, place / "kept")
    assert facts(result) == expected
    assert facts(executed(present, place / "kept")) == expected
