"""What of the Postgres modules needs no server: addresses, migration files, folders and disks."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.disk import make_folder, require_free_space
from core.errors import Damaged, Environment, InvalidInput, NotConfigured
from core.postgres.address import DatabaseAddress
from core.postgres.engine import create_engine, ensure_database, psycopg2_url
from core.postgres.migrations import read_migrations

ADDRESS = DatabaseAddress("db.example", 6543, "me", "p@ss/w:rd", "ytempire", {"sslmode": "require"})


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20))
def test_any_password_survives_the_url(password: str) -> None:
    address = DatabaseAddress("localhost", 5432, "me", password, "ytempire")
    assert DatabaseAddress.parse(address.url()) == address
    assert DatabaseAddress.parse(address.url(driver="")) == address


def test_parts_and_options_are_kept() -> None:
    assert DatabaseAddress.parse(ADDRESS.url()) == ADDRESS
    assert ADDRESS.sibling("mlflow").url(driver="") == "postgresql://me:p%40ss%2Fw%3Ard@db.example:6543/mlflow?sslmode=require"
    assert psycopg2_url(ADDRESS.url()) == ADDRESS.url(driver="")


@pytest.mark.parametrize(
    ("url", "host", "port", "user"),
    [
        ("postgres://db/ytempire", "db", 5432, "postgres"),
        ("postgresql://me@db:1/ytempire", "db", 1, "me"),
        ("postgresql+psycopg2://me@db/ytempire", "db", 5432, "me"),
        ("postgresql:///ytempire?host=/run/postgresql", "/run/postgresql", 5432, "postgres"),
    ],
)
def test_usual_forms_are_read(url: str, host: str, port: int, user: str) -> None:
    address = DatabaseAddress.parse(url)
    assert (address.host, address.port, address.user, address.database) == (host, port, user, "ytempire")


@pytest.mark.parametrize(
    "url", ["", "s3cret", "mysql://me:s3cret@db/x", "postgresql://me:s3cret@db", "postgresql://me:s3cret@db:port/x"]
)
def test_other_urls_are_refused_without_showing_them(url: str) -> None:
    with pytest.raises(NotConfigured) as caught:
        DatabaseAddress.parse(url)
    assert "s3cret" not in str(caught.value)


def test_password_is_in_no_text() -> None:
    assert "p@ss" not in repr(ADDRESS) + str(ADDRESS)
    assert str(ADDRESS) == "db.example:6543/ytempire"


def test_engine_is_made_without_connecting() -> None:
    engine = create_engine(ADDRESS.url(driver=""))
    assert engine.dialect.driver == "psycopg"
    assert "p@ss" not in repr(engine)


def test_database_name_must_be_a_plain_one() -> None:
    with pytest.raises(InvalidInput, match="no fit name"):
        ensure_database(ADDRESS.url(), "x; drop table y")


def test_own_migrations_are_whole() -> None:
    migrations = read_migrations()
    assert [migration.number for migration in migrations] == list(range(1, len(migrations) + 1))
    assert all(migration.up.strip() and migration.down.strip() for migration in migrations)


EMPTY = "-- migrate:up\n-- migrate:down\n"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"first.sql": EMPTY}, "is not a migration"),
        ({"0001_first.sql": "create table first ();"}, "is not a migration"),
        (
            {"0001_first.sql": EMPTY, "0003_third.sql": EMPTY},
            "numbered",
        ),
        ({"0001_a.sql": EMPTY, "0001_b.sql": EMPTY}, "numbered"),
    ],
)
def test_faulty_migration_folder_is_refused(tmp_path: Path, files: dict[str, str], message: str) -> None:
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(Damaged, match=message):
        read_migrations(tmp_path)


def test_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    assert make_folder(tmp_path / "a" / "b").is_dir()
    make_folder(tmp_path / "a" / "b")


def test_folder_that_cannot_be_is_told_why(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Environment, match="a file of that name is there"):
        make_folder(tmp_path / "file")
    with pytest.raises(Environment, match="its path is too long") as caught:
        make_folder(tmp_path / ("x" * 300))
    assert len(caught.value.message) < 200


def test_full_disk_is_told_with_figures(tmp_path: Path) -> None:
    require_free_space(tmp_path, 1)
    with pytest.raises(Environment, match=r"has \d+\.\d GB left, and 1000000000\.0 GB are needed"):
        require_free_space(tmp_path, 10**18)
