"""Programs and servers under test: what they answer, and what is said where they do not."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import BytesIO
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any

import pytest

from fsm.errors import CloseWarning, FsmError
from fsm.implementations import Connection, connect
from fsm.implementations.call_failures import CallError, HangError
from fsm.implementations.connecting import connect_several, connection_of
from fsm.implementations.isolation import check_isolation
from fsm.implementations.process import ProcessConnection
from fsm.implementations.serving import serve
from fsm.mealy import Mealy
from fsm.suites import suite
from fsm.suites.execution.implementation import run_test
from fsm.suites.execution.suite_runs import run_suite
from tests.implementations.http_door import serving_http
from tests.implementations.programs import door, talker
from tests.implementations.wrong_systems import Right

DOOR = Mealy(
    "door",
    ("closed", "opened"),
    ("open", "close"),
    ("closed", "opened", "rejected"),
    [[1, 0], [1, 0]],
    [[1, 2], [2, 0]],
    shown=("closed", "opened"),
)


def program(words: list[str], timeout: float = 5.0) -> ProcessConnection:
    return ProcessConnection(words, "the door", timeout=timeout)


def got(connection: Any, *events: str) -> str:
    """Return the last answer of a test."""
    return run_test(connection, DOOR, events).steps[-1].got


def test_a_program_is_asked_and_answers() -> None:
    with program(door()) as connection:
        run = run_test(connection, DOOR, ["open", "open", "close"])
    assert run.agrees
    assert [step.got for step in run.steps] == [
        "closed",
        "opened",
        "rejected, shows opened",
        "closed",
    ]


AT_CLOSE = 'if ask.get("event") == "close": '


def printing(text: str) -> str:
    """Return what a door does that prints a text instead of a reply when it is closed."""
    return f"{AT_CLOSE}print({text!r}, flush=True); continue"


NO_JSON = "the reply to send is no JSON object: "
FAULTS = {
    "an error": (printing('{"error":"jammed"}'), "jammed, shows opened"),
    "no JSON": (printing("closing ..."), f"{NO_JSON}closing ..."),
    "a list": (printing("[1]"), f"{NO_JSON}[1]"),
    "an empty line": (printing(""), f"{NO_JSON}an empty line"),
    "a number": (printing('{"answer":5}'), "answer gave 5, of type int, which is no text"),
    "both": (
        printing('{"answer":"x","rejected":true}'),
        "the reply has the answer 'x' and says 'rejected'",
    ),
    "an end": (
        f'{AT_CLOSE}print("out of oil", file=sys.stderr); sys.exit(7)',
        "the program ended with exit status 7: out of oil",
    ),
    "a crash": (
        f"{AT_CLOSE}import os; os.kill(os.getpid(), 11)",
        "the program was ended by SIGSEGV",
    ),
}


@pytest.mark.parametrize(("extra", "said"), FAULTS.values(), ids=FAULTS)
def test_what_is_no_answer_is_told_as_what_it_is(extra: str, said: str) -> None:
    with program(door(extra)) as connection:
        first, second = (got(connection, "open", "close") for _ in range(2))
        assert got(connection, "open") == "opened"  # begun anew where it was broken
    assert first.startswith(said)
    assert first == second


def test_what_is_printed_without_a_request_is_told() -> None:
    with program(door(printing("{}\n{}"))) as connection:
        said = got(connection, "open", "close")
    assert said == "it printed without a request, before observe: {}"


def test_a_program_that_hangs_is_begun_anew() -> None:
    hang = 'import time\n    if ask.get("event") == "close": time.sleep(60)'
    with program(door(hang), timeout=0.3) as connection:
        assert got(connection, "open", "close") == "no answer within 0.3 s"
        assert got(connection, "open") == "opened"


def test_what_a_program_started_ends_with_it() -> None:
    child = 'import subprocess\n    if ask["do"] == "hello": subprocess.Popen(["sleep", "60"])'
    with program(door(child)) as connection:
        assert got(connection, "open") == "opened"


BEGINNINGS = {
    "ends": (talker("", status=3), "the reply to hello is no JSON object: an empty line"),
    "says nothing": (
        [*talker()[:2], "import sys; sys.exit('no config')"],
        "the program ended with exit status 1: no config",
    ),
    "another version": (talker('{"protocol":2}'), "the reply to hello has the protocol 2"),
    "no version": (talker("{}"), "the reply to hello has the protocol None"),
    "a log line": (talker("Listening"), "the reply to hello is no JSON object: Listening"),
    "what nobody can": (talker('{"protocol":1,"can":["fly"]}'), "no 'can' 'fly'"),
    "can, no list": (talker('{"protocol":1,"can":"all"}'), "'can' in the reply to hello is no"),
    "no program": (["no-such-program"], "cannot be started: No such file or directory"),
    "a text too long": (
        [*talker()[:2], "print('x' * 3_000_000, flush=True)"],
        "the reply to hello is longer than 1,048,576 bytes",
    ),
}


@pytest.mark.parametrize(("words", "said"), BEGINNINGS.values(), ids=BEGINNINGS)
def test_a_program_that_does_not_begin_is_refused(words: list[str], said: str) -> None:
    with pytest.raises(FsmError, match=f"^the door: {re.escape(said)}"):
        program(words)


NAMES = {
    "cmd:": "'cmd:' names no program",
    "cmd:'node": "cmd:'node: No closing quotation",
    "http://": "http://: no URL of a host",
    "http://localhost:port/": "Port could not be cast",
    "http://me:secret@localhost/": "localhost: a user name in the URL would be shown",
    "http://127.0.0.1:1/": "http://127.0.0.1:1/: no server answers there",
    "nothing": "an implementation is package.module:name, http://host:port/, or cmd:PROGRAM",
}


@pytest.mark.parametrize(("name", "said"), NAMES.items(), ids=NAMES)
def test_a_name_without_an_implementation_is_refused(name: str, said: str) -> None:
    with pytest.raises(FsmError, match=re.escape(said)):
        connect(name)


# Servers -------------------------------------------------------------------------------------


class ServedDoor:
    """Doors behind a URL, one for each session; ``can`` is what it says it can do."""

    def __init__(self, *can: str) -> None:
        self.can, self.opened, self.asked = list(can), {}, []  # type: ignore[var-annotated]

    def __call__(self, ask: dict[str, Any]) -> Any:
        self.asked.append(ask["do"])
        session = ask.get("session", 0) if "sessions" in self.can else 0
        if ask["do"] == "hello":
            return {"protocol": 1, "can": self.can}
        if ask["do"] == "run":
            shown = self({"do": "reset", "session": session})
            replies = [self({"do": "send", "event": e, "session": session}) for e in ask["events"]]
            return shown | {"replies": replies}
        if ask["do"] == "reset":
            self.opened[session] = False
        rejected = False
        if ask["do"] == "send":
            rejected = (ask["event"] == "open") == self.opened[session]
            self.opened[session] = ask["event"] == "open"
        shown = "opened" if self.opened.get(session) else "closed"
        return {"rejected": rejected, "shown": shown}


def test_a_server_that_says_what_is_shown_is_not_asked_for_it() -> None:
    served = ServedDoor()
    with serving_http(served) as url, connect(url) as connection:
        assert run_test(connection, DOOR, ["open", "close"]).agrees
    assert served.asked == ["hello", "reset", "send", "send", "bye"]


def test_a_server_that_runs_whole_traces_is_asked_once() -> None:
    served = ServedDoor("run")
    with serving_http(served) as url, connect(url) as connection:
        right = run_test(connection, DOOR, ["open", "close"])
    assert served.asked.count("run") == 1
    assert [step.got for step in right.steps] == ["closed", "opened", "closed"]


def test_traces_that_a_server_cannot_run_are_sent_step_by_step() -> None:
    """That is told, and not tried again, also after a reply that breaks the connection."""
    served = ServedDoor("run")

    def answer(ask: dict[str, Any]) -> Any:
        reply = served(ask)
        return b"no" if ask["do"] == "run" else reply

    with serving_http(answer) as url, connect(url) as connection:
        assert all(run_test(connection, DOOR, ["open", "close"]).agrees for _ in range(3))
        notes = connection.notes
    assert served.asked.count("run") == 1
    assert notes == ["traces are not run at once any more: the reply to run is no JSON object: no"]


REPLIES = {
    "status 500": (
        (500, b"no database"),
        "the reply to send has status 500 Internal Server Error: no database",
    ),
    "no JSON": (b"<html>", f"{NO_JSON}<html>"),
    "too much": (b"{" + b" " * 2**21, "the reply to send is longer than 1,048,576 bytes"),
}


@pytest.mark.parametrize(("reply", "said"), REPLIES.values(), ids=REPLIES)
def test_a_reply_of_a_server_that_is_none_is_told(reply: Any, said: str) -> None:
    served = ServedDoor()

    def answer(ask: dict[str, Any]) -> Any:
        return reply if ask.get("event") == "close" else served(ask)

    with serving_http(answer) as url, connect(url) as connection:
        assert got(connection, "open", "close") == said
        assert got(connection, "open") == "opened"


# Several instances ---------------------------------------------------------------------------


@contextmanager
def two(answer: Any) -> Iterator[list[Connection]]:
    with serving_http(answer) as url, ExitStack() as stack:
        yield [stack.enter_context(each) for each in connect_several(url, 2)]


def test_instances_that_share_nothing_run_side_by_side() -> None:
    with two(ServedDoor("sessions")) as connections:
        check_isolation(connections, ["open", "close"], shows=True)


def test_instances_that_share_their_state_are_refused() -> None:
    served = ServedDoor("sessions")
    with (
        two(lambda ask: served(ask | {"session": 0})) as connections,
        pytest.raises(FsmError, match="two instances share their state: after open one"),
    ):
        check_isolation(connections, ["open", "close"], shows=True)


class Opening:
    """Opens at every event, and is closed by a reset."""

    def reset(self) -> None:
        self.state = "closed"

    def send(self, event: str) -> None:
        self.state = "opened"

    def observe(self) -> str:
        return self.state


def test_what_only_another_look_shows_is_shared_too() -> None:
    """Every answer is right: only between the events one is open that should be closed."""
    shared = Opening()
    check_isolation([connection_of(Opening()) for _ in range(3)], ["open", "open"], shows=True)
    with pytest.raises(FsmError, match="after the reset one answers 'closed' alone, and 'opened'"):
        check_isolation([connection_of(shared) for _ in range(3)], ["open", "open"], shows=True)


def test_a_server_without_sessions_takes_one_job() -> None:
    with serving_http(ServedDoor()) as url, pytest.raises(FsmError, match="leave --jobs out"):
        connect_several(url, 2)


def test_errors_have_one_text() -> None:
    assert str(HangError(90)) == "no answer within 1 min 30 s"
    assert isinstance(HangError(1), CallError)


# Adapters in Python that end more than a call ---------------------------------------------------


class Interrupted(Opening):
    def send(self, event: str) -> None:
        raise KeyboardInterrupt


def test_an_interrupt_that_an_adapter_raises_is_an_answer() -> None:
    replies = BytesIO()
    asked = ['{"do":"reset"}', '{"do":"send","event":"open"}', '{"do":"bye"}']
    serve(connection_of(Interrupted()), asked, replies)
    assert replies.getvalue() == b'{}\n{"error":"KeyboardInterrupt"}\n{}\n'


class EndsTheProcess:
    """A door that ends its process when it is closed."""

    def reset(self) -> None:
        self.state = "closed"

    def send(self, event: str) -> str:
        if event == "close" and self.state == "opened":
            os._exit(0)
        if (self.state, event) != ("closed", "open"):
            return "rejected"
        self.state = "opened"
        return self.state

    def observe(self) -> str:
        return self.state


class FailsToClose(Right):
    def close(self) -> None:
        raise RuntimeError("the file is open")


NAME = "tests.implementations.test_programs"


def test_an_adapter_that_ends_its_process_fails() -> None:
    with connect(f"{NAME}:EndsTheProcess") as connection:
        result = run_suite(connection, suite(DOOR))
    got = {failure.reproduction.run.steps[-1].got for failure in result.failures}
    assert got == {"the program ended with exit status 0"}


def test_a_failure_to_close_is_told_and_changes_no_result() -> None:
    with (
        pytest.warns(CloseWarning, match=r"close\(\) failed: RuntimeError: the file is open"),
        connect(f"{NAME}:FailsToClose") as connection,
    ):
        result = run_suite(connection, suite("with-feedback"))
    assert result.passed


# Servers that do not keep their word ------------------------------------------------------------


@contextmanager
def raw_server(*parts: bytes, pause: float) -> Iterator[str]:
    """Serve the same bytes to each request, part by part."""

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            self.rfile.readline()
            for part in parts:
                self.wfile.write(part)
                time.sleep(pause)

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


def test_a_reply_that_drips_is_late() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n"
    with (
        raw_server(head, *[b" "] * 40, pause=0.05) as url,
        pytest.raises(FsmError, match=r"no answer within 0.3 s"),
    ):
        connect(url, timeout=0.3)


def test_a_reply_that_ends_early_is_none() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    with (
        raw_server(head + b"{}", pause=0) as url,
        pytest.raises(FsmError, match="the reply to hello ends early: 998 bytes are missing"),
    ):
        connect(url)


def test_an_echo_is_no_implementation() -> None:
    code = "import sys\nfor line in sys.stdin: print(line, end='', flush=True)"
    with pytest.raises(FsmError, match="is a request; does it echo what it reads"):
        program([sys.executable, "-c", code])
