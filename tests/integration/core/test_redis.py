"""The embedded Redis, and what is said of a given one that cannot be used."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import redis

from core.errors import NotConfigured, Refused, Unreachable
from core.process import find_free_port
from core.redis import EmbeddedRedis, resolve_redis
from core.settings import Settings


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    server = EmbeddedRedis(tmp_path / "redis")
    yield server
    server.stop()


def test_values_outlive_a_kill(server: EmbeddedRedis) -> None:
    url = server.ensure()
    with redis.Redis.from_url(url) as client:
        client.hset("video", "views", 7)
    pid = server.status().pid
    assert pid is not None
    psutil.Process(pid).kill()
    psutil.Process(pid).wait()
    assert server.ensure() == url
    with redis.Redis.from_url(url) as client:
        assert client.hget("video", "views") == b"7"


@pytest.mark.parametrize("command", ["CONFIG SET dir /tmp", "DEBUG SLEEP 0", "MODULE LIST", "SHUTDOWN NOSAVE"])
def test_commands_that_reach_beyond_the_data_are_closed(server: EmbeddedRedis, command: str) -> None:
    with redis.Redis.from_url(server.ensure()) as client, pytest.raises(redis.ResponseError, match="unknown command"):
        client.execute_command(command)


def test_given_url_is_used(redis_url: str) -> None:
    assert resolve_redis(Settings(_env_file=None, redis_url=redis_url)) == redis_url


@pytest.mark.parametrize(
    ("url", "error"), [("redis://:s3cret@127.0.0.1:{port}/0", Unreachable), ("http://s3cret", NotConfigured)]
)
def test_unusable_url_is_told_without_password(url: str, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        resolve_redis(Settings(_env_file=None, redis_url=url.format(port=find_free_port())))
    assert "s3cret" not in str(caught.value)


def test_wrong_password_is_refused(redis_url: str) -> None:
    with pytest.raises(Refused, match="refuses the login"):
        resolve_redis(Settings(_env_file=None, redis_url=redis_url.replace("//", "//:s3cret@")))
