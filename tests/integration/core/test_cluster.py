"""The embedded Postgres under everything that happens to it: kills, races, stale files, taken ports, closed folders."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from sqlalchemy import text

from core.errors import Damaged, Environment, NotConfigured, Refused, Unreachable
from core.postgres.account import server_account
from core.postgres.address import DatabaseAddress
from core.postgres.cluster import EmbeddedPostgres, resolve_database, sql_shell
from core.postgres.engine import connect, create_engine, ensure_database
from core.process import LOOPBACK
from core.settings import ROOT, Settings

pytestmark = pytest.mark.postgres
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="switches users, which only root may do")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every account may enter; pytest's own is closed to others."""
    path = Path(tempfile.mkdtemp(prefix="yt-pg-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    """One durable server for the tests that hurt it; each finds it by `ensure()`, as every command does."""
    path = Path(tempfile.mkdtemp(prefix="yt-pg-"))
    path.chmod(0o755)
    server = EmbeddedPostgres(path / "state of a market" / "pg")
    yield server
    server.stop()
    shutil.rmtree(path)


def postmaster_pid(server: EmbeddedPostgres) -> int:
    return int((server.data / "postmaster.pid").read_text().splitlines()[0])


def test_second_start_finds_the_first(server: EmbeddedPostgres) -> None:
    address = server.ensure()
    pid = postmaster_pid(server)
    assert EmbeddedPostgres(server.root).ensure() == address
    assert postmaster_pid(server) == pid


def test_server_is_the_one_that_was_asked_for(server: EmbeddedPostgres) -> None:
    with connect(server.ensure()) as connection:
        asked = {
            name: connection.execute("select current_setting(%s)", (name,)).fetchone()
            for name in ("server_version_num", "fsync", "synchronous_commit", "data_checksums", "TimeZone", "listen_addresses")
        }
        locale = connection.execute("select datcollate from pg_database where datname = current_database()").fetchone()
        connection.execute("create extension vector")
        connection.execute("drop extension vector")
    assert int(asked.pop("server_version_num")[0]) >= 180000
    assert [value for (value,) in asked.values()] == ["on", "on", "on", "UTC", "127.0.0.1"]
    assert locale == ("C.UTF-8",)


def test_password_is_needed_and_kept_from_others(server: EmbeddedPostgres) -> None:
    address = server.ensure()
    assert address.password not in repr(address)
    assert stat.S_IMODE((server.root / "password").stat().st_mode) == 0o600
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host=address.host, port=address.port, user=address.user, dbname="postgres", password="guess")


def test_a_sql_shell_opens_without_telling_the_password(server: EmbeddedPostgres) -> None:
    address = server.ensure()
    command, secret = sql_shell(address, ["-X", "-A", "-t", "-c", "select current_database()"])
    answer = subprocess.run(command, env={**os.environ, **secret}, capture_output=True, text=True, check=True)
    assert answer.stdout == "ytempire\n"
    assert address.password not in " ".join(command)


def test_stop_keeps_data_and_port(server: EmbeddedPostgres) -> None:
    address = server.ensure()
    with connect(address) as connection:
        connection.execute("create table if not exists kept as select 7 as n")
    assert server.where() == str(address)
    assert server.stop()
    assert server.where() is None
    assert not server.is_running()
    assert not server.stop()
    assert server.ensure() == address
    with connect(address) as connection:
        assert connection.execute("select n from kept").fetchall() == [(7,)]


def test_kill_under_load_loses_no_committed_row(server: EmbeddedPostgres) -> None:
    engine = create_engine(server.ensure().url())
    with engine.begin() as connection:
        connection.execute(text("drop table if exists load"))
        connection.execute(text("create table load (n int primary key)"))
    committed = 0
    for _ in range(2):
        victim = postmaster_pid(server)
        with pytest.raises(Exception, match=r"closed|terminat|refused|lost|crash"):  # noqa: PT012
            while True:
                with engine.begin() as connection:
                    connection.execute(text("insert into load values (:n)"), {"n": committed})
                committed += 1
                if committed % 50 == 0:
                    os.kill(victim, signal.SIGKILL)
        server.ensure()
        with engine.begin() as connection:  # the same engine goes on: its dead connections are replaced
            count = connection.execute(text("select count(*) from load")).scalar_one()
            # A commit whose answer was cut off may have been done.
            assert committed <= count <= committed + 1
            connection.execute(text("delete from load where n >= :n"), {"n": committed})
    engine.dispose()


def test_session_that_outlives_a_killed_server_does_not_block_the_next(server: EmbeddedPostgres) -> None:
    address = server.ensure()
    with connect(address) as connection:
        backend = psutil.Process(connection.info.backend_pid)
        backend.suspend()  # as one deep in a long query: it does not notice that its server is gone
        os.kill(postmaster_pid(server), signal.SIGKILL)
        assert server.ensure() == address
        assert not psutil.pid_exists(backend.pid) or backend.status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("is_same_user", [True, False])
def test_stale_pid_file_naming_a_strangers_process(server: EmbeddedPostgres, is_same_user: bool) -> None:
    address = server.ensure()
    os.kill(postmaster_pid(server), signal.SIGKILL)
    account = server_account()
    user = account.uid if account.is_other and is_same_user else None
    with subprocess.Popen(["sleep", "100"], user=user) as stranger:
        pid_file = server.data / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        assert server.ensure() == address
        assert stranger.poll() is None
        stranger.kill()


@pytest.mark.parametrize("content", ["", "no number\n", "1\n"])
def test_damaged_pid_file(server: EmbeddedPostgres, content: str) -> None:
    server.ensure()
    server.stop()
    file = server.data / "postmaster.pid"
    file.write_text(content)
    if server_account().is_other:
        os.chown(file, server_account().uid, -1)
    server.ensure()


def test_taken_port_is_left_for_another(server: EmbeddedPostgres) -> None:
    address = server.ensure()
    server.stop()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind((LOOPBACK, address.port))
        other.listen()
        moved = server.ensure()
        assert moved.port != address.port
    server.stop()
    assert server.ensure() == moved


def test_three_racing_starters_make_one_server(folder: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from core.postgres.cluster import EmbeddedPostgres;"
        "server = EmbeddedPostgres(Path(sys.argv[1]));"
        "print(server.ensure(), (server.data / 'postmaster.pid').read_text().split()[0])"
    )
    starters = [
        subprocess.Popen([sys.executable, "-c", program, folder / "pg"], stdout=subprocess.PIPE, text=True, cwd=ROOT)
        for _ in range(3)
    ]
    answers = {starter.communicate()[0] for starter in starters}
    EmbeddedPostgres(folder / "pg").stop()
    assert [starter.returncode for starter in starters] == [0, 0, 0]
    assert len(answers) == 1


def test_interrupted_making_is_made_anew(folder: Path) -> None:
    (folder / "pg" / "data.new" / "base").mkdir(parents=True)
    (folder / "pg" / "password.new").write_text("half")
    server = EmbeddedPostgres(folder / "pg")
    server.ensure()
    server.stop()


def test_cluster_with_parts_gone_is_told_and_left_alone(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "pg")
    server.ensure()
    server.stop()
    password = server.root / "password"
    password.rename(folder / "password")
    with pytest.raises(Damaged, match="password of the database"):
        server.ensure()
    (folder / "password").rename(password)
    (server.data / "PG_VERSION").rename(folder / "PG_VERSION")
    with pytest.raises(Damaged, match="holds no database"):
        server.ensure()
    (folder / "PG_VERSION").rename(server.data / "PG_VERSION")
    server.ensure()
    server.stop()


@as_root
def test_home_below_a_closed_folder_stays_closed(folder: Path) -> None:
    closed = folder / "home"
    closed.mkdir(mode=0o700)
    server = EmbeddedPostgres(closed / "pg")
    server.ensure()
    server.stop()
    look = subprocess.run(["ls", closed], user="nobody", capture_output=True, check=False)
    assert look.returncode != 0
    enter = subprocess.run(["test", "-x", closed], user="nobody", check=False)
    assert enter.returncode != 0


@as_root
def test_ordinary_user_runs_it_directly_and_root_is_told_so(folder: Path) -> None:
    if subprocess.run(["test", "-x", sys.executable], user="nobody", check=False).returncode != 0:
        pytest.skip("this Python lies in a folder that only root may enter")
    shutil.chown(folder, "nobody")
    program = (
        "import sys; from pathlib import Path; from core.postgres.cluster import EmbeddedPostgres;"
        "server = EmbeddedPostgres(Path(sys.argv[1])); server.ensure(); server.stop()"
    )
    subprocess.run([sys.executable, "-B", "-c", program, folder / "pg"], user="nobody", extra_groups=[], check=True, cwd=ROOT)
    with pytest.raises(Environment, match="belongs to user id"):
        EmbeddedPostgres(folder / "pg").ensure()


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("x" * 300 + "/pg", "its path is too long"),
        ("/".join(["deep" * 20] * 12), "too long for Postgres"),
        ("file/pg", "a part of its path is a file"),
    ],
)
def test_unusable_home_is_told_in_one_sentence(folder: Path, path: str, reason: str) -> None:
    (folder / "file").touch()
    with pytest.raises(Environment, match=reason) as caught:
        EmbeddedPostgres(folder / path).ensure()
    assert "\n" not in str(caught.value)
    assert "YTEMPIRE_HOME" in caught.value.remedy
    assert [entry.name for entry in folder.iterdir()] == ["file"]


def with_url(url: str) -> Settings:
    return Settings(_env_file=None, database_url=url)


def test_given_url_is_used(postgres_url: str) -> None:
    assert resolve_database(with_url(postgres_url)) == DatabaseAddress.parse(postgres_url)


def test_unreachable_url_is_told_in_one_sentence_without_password() -> None:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port = probe.getsockname()[1]
    with pytest.raises(Unreachable) as caught:
        resolve_database(with_url(f"postgresql://me:s3cret@127.0.0.1:{port}/ytempire"))
    assert caught.value.message == f"The database at 127.0.0.1:{port}/ytempire does not answer: Connection refused."
    assert "s3cret" not in repr(caught.value) + str(caught.value)
    assert caught.value.__suppress_context__


def test_unknown_host_is_unreachable() -> None:
    with pytest.raises(Unreachable, match="does not answer"):
        resolve_database(with_url("postgresql://me:s3cret@no-such-host.invalid/ytempire"))


def test_wrong_password_is_refused(postgres_url: str) -> None:
    address = DatabaseAddress.parse(postgres_url)
    wrong = DatabaseAddress(address.host, address.port, address.user, "s3cret", address.database)
    with pytest.raises(Refused, match="refuses user 'ytempire'") as caught:
        resolve_database(with_url(wrong.url()))
    assert "s3cret" not in str(caught.value)


def test_missing_database_is_told(postgres_url: str) -> None:
    with pytest.raises(NotConfigured, match="has no database 'absent'"):
        resolve_database(with_url(DatabaseAddress.parse(postgres_url).sibling("absent").url()))


def test_sibling_database_is_made_once(postgres_url: str) -> None:
    plain = DatabaseAddress.parse(postgres_url).url(driver="")
    first = ensure_database(plain, "sibling")
    assert first == ensure_database(plain, "sibling")
    assert first.startswith("postgresql://")
    with connect(DatabaseAddress.parse(first)) as connection:
        assert connection.execute("select current_database()").fetchone() == ("sibling",)
