"""A PostgreSQL server of the tests' own, on loopback, gone with the tests."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

PASSWORD = "correct horse"
_USER = "nobody"  # PostgreSQL refuses to be run by root


def programs() -> Path | None:
    """Return where the server's programs are; None where there is none."""
    places = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/opt").glob("postgresql*/bin")]
    found = shutil.which("initdb")
    if found:
        places.append(Path(found).resolve().parent)
    return next((place for place in places if (place / "initdb").is_file()), None)


@contextmanager
def server(place: Path) -> Iterator[str]:
    """Start a server, and give the URL of its database."""
    directory = Path(tempfile.mkdtemp(prefix="fsm-pg-"))
    root = os.geteuid() == 0
    environment = {"LC_ALL": "C", "PATH": os.defpath}
    as_user = {"user": _USER, "group": "nogroup", "extra_groups": []} if root else {}
    if root:
        shutil.chown(directory, _USER, "nogroup")
    secret = directory / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    run = {"cwd": directory, "env": environment, **as_user}
    made = [place / "initdb", "-D", directory / "data", "-U", "fsm", "-A", "scram-sha-256"]
    options = ["--pwfile", secret, "--no-sync", "-E", "UTF8", "--locale=C"]
    subprocess.run([*made, *options], check=True, capture_output=True, **run)
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = (
        "listen_addresses=127.0.0.1",
        f"port={port}",
        "unix_socket_directories=",
        "fsync=off",
    )
    words = [word for setting in settings for word in ("-c", setting)]
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [place / "postgres", "-D", directory / "data", *words], stdout=log, stderr=log, **run
        )
    try:
        _wait(place, port, process, environment)
        yield f"postgresql://fsm:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{port}/postgres"
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(directory, ignore_errors=True)


def _wait(
    place: Path, port: int, process: "subprocess.Popen[bytes]", environment: dict[str, str]
) -> None:
    for _ in range(300):
        ready = [place / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
        if subprocess.run(ready, env=environment, check=False).returncode == 0:
            return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError("PostgreSQL did not start")
