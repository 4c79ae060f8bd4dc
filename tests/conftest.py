"""Shared fixtures. ``FSM_CORPUS`` names a directory of real pages and logs, where there is one."""

import gc
import importlib.util
import os
import shutil
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from polars.io.plugins import register_io_source

from fsm.compile import class_of, crosscheck
from fsm.compile.crosscheck import CrossCheck, LoggedCells
from fsm.machine import Machine
from tests.command import Fsm, Result
from tests.depth import samples
from tests.slow import SLOW

settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    max_examples=samples(100, 6),
    suppress_health_check=[HealthCheck.too_slow],  # a busy machine is no fault of a test
)
settings.load_profile("repeatable")

SAMPLE = """message_id,event,timestamp,seq
m1,relayed,2026-03-02T09:00:00Z,1
m1,soft_bounce,2026-03-02T09:00:05Z,2
m2,relayed,2026-03-02T09:00:01Z,3
m2,delivered,2026-03-02T09:00:04Z,4
m1,retry_succeeded,2026-03-02T09:40:00Z,5
m2,opened,2026-03-02T10:00:00Z,6
m3,relayed,2026-03-02T09:00:02Z,7
m3,hard_bounce,2026-03-02T09:00:09Z,8
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="leave out the modules of tests/slow.py")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out slow modules; nothing else is decided here."""
    here = Path(__file__).parent
    if not config.getoption("--quick") or not collection_path.is_relative_to(here):
        return None
    return collection_path.relative_to(here).as_posix() in SLOW or None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without the garbage collector: it would look at ten thousand tests again and again.

    What was collected lives as long as the process, and is not looked at later either.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def compared_once() -> Iterator[None]:
    """Compare a machine with its class in the first of the thousand replays, not in each."""
    compare = crosscheck.cross_check
    known: dict[object, CrossCheck] = {}

    def compare_once(
        machines: Iterable[Machine], logged: LoggedCells | None = None, max_work: int | None = None
    ) -> CrossCheck:
        machines = tuple(machines)
        if logged is not None:
            return compare(machines, logged, max_work)
        key = machines, tuple(map(class_of, machines)), max_work
        if key not in known:
            known[key] = compare(machines, None, max_work)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crosscheck, "cross_check", compare_once)
        yield


@pytest.fixture(scope="session")
def gallery() -> Mapping[str, str]:
    """The files of the gallery, by name: drawn once, which takes seconds."""
    from fsm.gallery import gallery_texts

    return gallery_texts()


@pytest.fixture
def gallery_drawn_once(gallery: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw the gallery in the first test that wants it, not whenever it is written or checked."""
    monkeypatch.setattr("fsm.gallery.gallery_texts", lambda: dict(gallery))


@pytest.fixture(autouse=True, scope="session")
def traced_threads() -> Iterator[None]:
    """Show coverage the code that polars calls from threads of its own."""
    if threading.gettrace() is None:
        yield
        return

    def register(source: Callable[..., Iterator[Any]], **options: Any) -> Any:
        def traced(*arguments: Any) -> Iterator[Any]:
            parts = source(*arguments)
            while True:
                sys.settrace(threading.gettrace())  # each part may be made in another thread
                try:
                    part = next(parts)
                except StopIteration:
                    return
                yield part

        return register_io_source(traced, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fsm.logs.write.tables.register_io_source", register)
        yield


@pytest.fixture
def corpus() -> Path:
    directory = os.environ.get("FSM_CORPUS")
    if not directory:
        pytest.skip("no corpus of real pages and logs here (FSM_CORPUS is not set)")
    return Path(directory)


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    path = tmp_path / "log.csv"
    path.write_text(SAMPLE)
    return path


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A Spark session on two cores."""
    if importlib.util.find_spec("pyspark") is None:
        pytest.skip("pyspark is not installed (the extra named spark)")
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        pytest.skip("Spark needs Java, and there is none here")
    from pyspark.sql import SparkSession

    place = str(tmp_path_factory.mktemp("spark"))
    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "spark.driver.host": "127.0.0.1",
        "spark.local.dir": place,
        "spark.log.level": "ERROR",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "4",
        "spark.sql.warehouse.dir": place,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    builder = SparkSession.builder.master("local[2]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


@pytest.fixture
def fsm(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Fsm:
    """The command line, run in this process."""
    from fsm.cli import main

    def call(*arguments: object) -> Result:
        monkeypatch.setattr(sys, "argv", ["fsm", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        return Result(int(ended.value.code or 0), out, err)

    return call


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium, driven by Playwright."""
    if importlib.util.find_spec("playwright") is None:
        pytest.skip("playwright is not installed (pip install playwright)")
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no chromium here (apt install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu"]
        )
        yield started
        started.close()


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open a file as a page without a network; nothing may go wrong or be asked for on the way."""
    wrong: list[str] = []
    contexts = []

    def open_page(path: Path, fragment: str = "", width: int = 1280, theme: str = "light") -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=theme, offline=True
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: wrong.append(f"console: {said.text}"))
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("request", lambda asked: wrong.extend({asked.url} - {path.as_uri()}))
        page.goto(path.as_uri() + fragment)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not wrong
