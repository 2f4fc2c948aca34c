"""Background processes of this machine that outlive the command that started them: Redis, the simulator, the model server.

A process is known by its id *and* its creation time, so that a stale record whose id now belongs to some other program can
neither be mistaken for a running service nor lead to that program being killed. Postgres has its own keeper,
`postgres/cluster.py`, because `pg_ctl` must start and stop it.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from core.disk import make_folder
from core.errors import Environment, Unreachable
from core.settings import child_environment

LOOPBACK = "127.0.0.1"
_PAUSE_SECONDS = 0.05
_STOP_SECONDS = 10.0
_LOG_TAIL_LINES = 12


def is_free_port(port: int) -> bool:
    """Whether a server could listen on a loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: else a port counts as taken for a minute after its last connection closed.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def find_free_port(preferred: int | None = None) -> int:
    """The preferred loopback port if it is free, else one that the operating system picks."""
    if preferred is not None and is_free_port(preferred):
        return preferred
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def accepts_connections(port: int, timeout_seconds: float = 1.0) -> bool:
    """Whether something listens on a loopback port."""
    try:
        socket.create_connection((LOOPBACK, port), timeout_seconds).close()
    except OSError:
        return False
    return True


def log_tail(path: Path, lines: int = _LOG_TAIL_LINES, since: int = 0) -> str:
    """The last lines of a log file, of what follows the byte `since`; empty when there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(since, path.stat().st_size - 8192))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""


@contextlib.contextmanager
def exclusive(lock: Path, what: str, timeout_seconds: float) -> Iterator[None]:
    """Hold a file lock between processes; it falls open when its holder dies.

    Raises Unreachable when another process holds it for longer than the timeout, Environment when it cannot be made.
    """
    try:
        with FileLock(lock, timeout=timeout_seconds):
            yield
    except Timeout:
        raise Unreachable(
            f"Another process has been starting or stopping {what} for {timeout_seconds:.0f} s.", "Try again when it is done."
        ) from None
    except PermissionError:
        raise Environment(f"The lock file {lock} may not be written.", "Run as the user that made it.") from None


@dataclass(frozen=True)
class ProcessStatus:
    """What is known of a background process at this moment."""

    is_running: bool
    is_healthy: bool
    pid: int | None
    port: int | None


@dataclass(frozen=True)
class _Record:
    pid: int
    port: int
    create_time: float
    fingerprint: str

    def process(self) -> psutil.Process | None:
        """The living process that this record was written for; None when it is gone or its id is another program's."""
        try:
            process = psutil.Process(self.pid)
            is_same = _create_time(process) == self.create_time
            return process if is_same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.Error:
            return None

    def members(self) -> list[psutil.Process]:
        """The living processes of the group: the process and those it started, even when it is itself gone.

        The kernel gives a group's id to no new process while the group has members; so if the id now belongs to a process
        born at another time, the group has ended and its namesakes are strangers.
        """
        try:
            if _create_time(psutil.Process(self.pid)) != self.create_time:
                return []
        except psutil.Error:
            pass
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, ProcessLookupError, PermissionError):
                if os.getpgid(process.pid) == self.pid and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found


class LocalProcess:
    """A named server process on loopback, started once and shared by every command.

    Args:
        name: names its files and appears in messages.
        run_dir: folder of `<name>.json` (pid, port, creation time, fingerprint), `<name>.lock` and `<name>.log`.
        command: the program and its arguments, given the port to listen on.
        healthy: whether the server on a port answers; must return within seconds and not raise.
        env: variables laid over this process's environment.
        timeout_seconds: how long it may take to become healthy.
        fingerprint: of what the process was started with; a running one with another fingerprint is replaced.
    """

    def __init__(
        self,
        name: str,
        run_dir: Path,
        command: Callable[[int], Sequence[str]],
        healthy: Callable[[int], bool],
        env: Mapping[str, str] | None = None,
        timeout_seconds: float = 30.0,
        fingerprint: str = "",
    ) -> None:
        self.name = name
        self.log = run_dir / f"{name}.log"
        self._run_dir = run_dir
        self._record_file = run_dir / f"{name}.json"
        self._command = command
        self._healthy = healthy
        self._env = env
        self._timeout_seconds = timeout_seconds
        self._fingerprint = fingerprint

    def ensure(self) -> int:
        """Return the port of the healthy process, starting it first if there is none.

        Safe to call from several processes at once. Raises Environment (the program is missing or ends at once) or
        Unreachable (it does not become healthy in time), with the end of its log.
        """
        make_folder(self._run_dir)
        record = self._read()
        if record is not None and self._is_good(record):
            return record.port
        with self._locked():
            record = self._read()
            if record is not None:
                if self._is_good(record) or (self._is_current(record) and self._becomes_healthy(record)):
                    return record.port
                self._terminate(record)
            return self._start(record.port if record is not None else None)

    def stop(self) -> bool:
        """End the process and all it started, first kindly, after ten seconds by force. Return whether there was any."""
        if not self._record_file.exists():
            return False
        with self._locked():
            record = self._read()
            return record is not None and self._terminate(record)

    def is_running(self) -> bool:
        """Whether the process lives now, healthy or not."""
        return self.status().is_running

    def where(self) -> str | None:
        """Host and port of the process, healthy or not; None where it does not live."""
        status = self.status()
        return f"{LOOPBACK}:{status.port}" if status.is_running else None

    def status(self) -> ProcessStatus:
        """Look without changing anything."""
        record = self._read()
        process = record.process() if record is not None else None
        if record is None or process is None:
            return ProcessStatus(False, False, None, record.port if record is not None else None)
        return ProcessStatus(True, self._healthy(record.port), process.pid, record.port)

    def _locked(self) -> contextlib.AbstractContextManager[None]:
        patience = 2 * (self._timeout_seconds + _STOP_SECONDS)
        return exclusive(self._record_file.with_suffix(".lock"), self.name, patience)

    def _read(self) -> _Record | None:
        try:
            return _Record(**json.loads(self._record_file.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None  # absent or damaged: nothing is known to run

    def _write(self, record: _Record) -> None:
        draft = self._record_file.with_suffix(".json.new")
        draft.write_text(json.dumps(asdict(record)))
        draft.replace(self._record_file)

    def _is_current(self, record: _Record) -> bool:
        return record.fingerprint == self._fingerprint and record.process() is not None

    def _is_good(self, record: _Record) -> bool:
        return self._is_current(record) and self._healthy(record.port)

    def _becomes_healthy(self, record: _Record) -> bool:
        """Wait while the process lives. True only when the port is its own and not that of a stranger who was faster."""
        deadline = time.monotonic() + self._timeout_seconds
        while record.process() is not None and time.monotonic() < deadline:
            if self._healthy(record.port) and _listens(record):
                return True
            time.sleep(_PAUSE_SECONDS)
        return False

    def _start(self, preferred_port: int | None) -> int:
        port = find_free_port(preferred_port)
        for _ in range(3):  # between finding a port and listening on it, somebody else may take it
            record = self._spawn(port)
            if self._becomes_healthy(record):
                return port
            is_alive = record.process() is not None
            self._terminate(record)
            if is_alive:
                raise Unreachable(
                    f"{self.name} did not answer on port {port} within {self._timeout_seconds:.0f} s.", self._log_remedy()
                )
            if is_free_port(port):
                break
            port = find_free_port()
        raise Environment(f"{self.name} ended as soon as it was started.", self._log_remedy())

    def _spawn(self, port: int) -> _Record:
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".previous.log"))
        words = list(self._command(port))
        # posix_spawn and not Popen: the child is meant to live on, and no object here should wait for it.
        try:
            pid = os.posix_spawnp(
                words[0],
                words,
                child_environment(self._env),
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_OPEN, 1, str(self.log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644),
                    (os.POSIX_SPAWN_DUP2, 1, 2),
                ],
                setsid=True,
                setsigdef=[signal.SIGPIPE],  # which Python ignores, and children would inherit
            )
        except OSError as error:
            raise Environment(
                f"{self.name} cannot be started: {words[0]}: {error.strerror}.", "Run `make run` to mend .venv."
            ) from None
        record = _Record(pid, port, _create_time(psutil.Process(pid)), self._fingerprint)
        self._write(record)
        return record

    def _terminate(self, record: _Record) -> bool:
        """End the group of a record and forget its pid; strangers are left alone. Return whether anything was running."""
        was_running = False
        for sent, patience in ((signal.SIGTERM, _STOP_SECONDS), (signal.SIGKILL, _STOP_SECONDS)):
            deadline = time.monotonic() + patience
            members = record.members()
            was_running = was_running or bool(members)
            for process in members:
                with contextlib.suppress(psutil.Error):
                    process.send_signal(sent)
            while record.members() and time.monotonic() < deadline:
                time.sleep(_PAUSE_SECONDS)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(record.pid, os.WNOHANG)
        return was_running

    def _log_remedy(self) -> str:
        return f"Its log, {self.log}, ends:\n{log_tail(self.log)}"


def _create_time(process: psutil.Process) -> float:
    """When a process was born, in seconds since boot, of which the kernel keeps hundredths.

    Not since 1970: that is reckoned from the boot time, which moves when the clock is set or the machine wakes up.
    """
    return round(float(process.create_time() - psutil.boot_time()), 2)


def _listens(record: _Record) -> bool:
    for process in record.members():
        with contextlib.suppress(psutil.Error):
            for connection in process.net_connections("tcp"):
                if connection.status == psutil.CONN_LISTEN and connection.laddr.port == record.port:
                    return True
    return False
