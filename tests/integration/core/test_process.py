"""Background processes under kills, races, stale records, taken ports and children that outlive their parent."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from core.errors import Environment, Unreachable
from core.process import LOOPBACK, LocalProcess, accepts_connections, find_free_port, is_free_port
from core.settings import ROOT

SERVER = """
import os, socket, subprocess, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print(os.environ.get("GREETING", ""), flush=True)
if len(sys.argv) > 2:
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100)"], pass_fds=[listener.fileno()])
while True:
    listener.accept()[0].close()
"""


def server_command(port: int) -> list[str]:
    return [sys.executable, "-c", SERVER, str(port)]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[LocalProcess]:
    process = LocalProcess("service", tmp_path, server_command, accepts_connections, env={"GREETING": "hello"})
    yield process
    process.stop()


def pid_of(process: LocalProcess) -> int:
    pid = process.status().pid
    assert pid is not None
    return pid


def test_is_started_once_and_stopped(service: LocalProcess, tmp_path: Path) -> None:
    assert not service.status().is_running
    port = service.ensure()
    pid = pid_of(service)
    assert LocalProcess("service", tmp_path, server_command, accepts_connections).ensure() == port
    assert pid_of(service) == pid
    assert os.getsid(pid) == pid, "it must not receive the Ctrl-C of the terminal it was started from"
    assert "hello" in service.log.read_text()
    assert service.stop()
    assert not psutil.pid_exists(pid)
    assert not service.stop()
    assert not service.status().is_running


def test_killed_one_is_started_again_on_its_port(service: LocalProcess) -> None:
    port = service.ensure()
    pid = pid_of(service)
    psutil.Process(pid).kill()
    psutil.Process(pid).wait()
    assert service.ensure() == port
    assert pid_of(service) != pid


def test_another_fingerprint_replaces_it(service: LocalProcess, tmp_path: Path) -> None:
    service.ensure()
    pid = pid_of(service)
    changed = LocalProcess("service", tmp_path, server_command, accepts_connections, fingerprint="new arguments")
    changed.ensure()
    assert pid_of(changed) != pid
    assert not psutil.pid_exists(pid)


def test_stranger_with_the_recorded_pid_is_neither_trusted_nor_killed(service: LocalProcess, tmp_path: Path) -> None:
    service.ensure()
    record = tmp_path / "service.json"
    noted = json.loads(record.read_text())
    service.stop()
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as stranger:
        try:
            record.write_text(json.dumps({**noted, "pid": stranger.pid}))
            assert not service.status().is_running
            assert not service.stop()
            service.ensure()
            assert stranger.poll() is None
        finally:
            stranger.kill()


@pytest.mark.parametrize("content", ["", "{", '{"pid": 1}', "[]"])
def test_damaged_record_counts_as_none(service: LocalProcess, tmp_path: Path, content: str) -> None:
    (tmp_path / "service.json").write_text(content)
    service.ensure()
    assert service.status().is_healthy


def test_taken_port_is_left_for_another(service: LocalProcess) -> None:
    port = service.ensure()
    service.stop()
    with socket.create_server((LOOPBACK, port)):
        moved = service.ensure()
        assert moved != port
    assert service.ensure() == moved


def test_children_are_stopped_with_it_even_when_it_is_gone_before(tmp_path: Path) -> None:
    process = LocalProcess("family", tmp_path, lambda port: [*server_command(port), "with a child"], accepts_connections)
    port = process.ensure()
    parent = psutil.Process(pid_of(process))
    (child,) = parent.children()
    parent.kill()
    parent.wait()
    # The child still holds the port; it must go before the new one can have it.
    assert process.ensure() == port
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
    (second_child,) = psutil.Process(pid_of(process)).children()
    process.stop()
    assert not second_child.is_running() or second_child.status() == psutil.STATUS_ZOMBIE


def test_one_that_ends_at_once_shows_its_last_words(tmp_path: Path) -> None:
    process = LocalProcess(
        "short", tmp_path, lambda _: [sys.executable, "-c", "raise SystemExit('no model')"], accepts_connections
    )
    with pytest.raises(Environment, match="short ended as soon as it was started") as caught:
        process.ensure()
    assert "no model" in caught.value.remedy
    assert not process.status().is_running


def test_one_that_never_answers_is_stopped(tmp_path: Path) -> None:
    process = LocalProcess("deaf", tmp_path, lambda _: ["sleep", "100"], accepts_connections, timeout_seconds=0.5)
    with pytest.raises(Unreachable, match=r"deaf did not answer on port \d+ within"):
        process.ensure()
    assert not process.status().is_running


def test_missing_program_is_told(tmp_path: Path) -> None:
    process = LocalProcess("absent", tmp_path, lambda _: ["/no/such/program"], accepts_connections)
    with pytest.raises(Environment, match="absent cannot be started: /no/such/program: No such file"):
        process.ensure()


def test_answer_of_a_stranger_on_its_port_is_not_taken_for_its_own(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as stranger:
        taken = stranger.getsockname()[1]
        process = LocalProcess(
            "cuckoo", tmp_path, lambda _: ["sleep", "100"], lambda _: accepts_connections(taken), timeout_seconds=0.5
        )
        with pytest.raises(Unreachable):
            process.ensure()


def test_three_racing_starters_start_one(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from tests.integration.core.test_process import *;"
        "process = LocalProcess('service', Path(sys.argv[1]), server_command, accepts_connections);"
        "print(process.ensure(), process.status().pid)"
    )
    starters = [
        subprocess.Popen([sys.executable, "-c", program, tmp_path], stdout=subprocess.PIPE, text=True, cwd=ROOT) for _ in range(3)
    ]
    answers = {starter.communicate()[0] for starter in starters}
    LocalProcess("service", tmp_path, server_command, accepts_connections).stop()
    assert [starter.returncode for starter in starters] == [0, 0, 0]
    assert len(answers) == 1


def test_free_port_is_the_preferred_one_when_it_can_be() -> None:
    port = find_free_port()
    assert find_free_port(port) == port
    with socket.create_server((LOOPBACK, port)):
        assert not is_free_port(port)
        assert find_free_port(port) != port
