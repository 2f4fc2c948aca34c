"""Tables that grow are made anew where their SQL, or anything upstream of it, has changed."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from orchestration.rebuilding import digests, drop_outdated, note_built

pytestmark = pytest.mark.postgres


def node(name: str, checksum: str, materialized: str, upstream: list[str], macros: list[str], **columns: str) -> dict[str, Any]:
    return {
        "name": name,
        "schema": "facts",
        "resource_type": "model",
        "checksum": {"checksum": checksum},
        "config": {"materialized": materialized},
        "columns": {column: {"data_type": kind} for column, kind in columns.items()},
        "depends_on": {"nodes": upstream, "macros": macros},
    }


MANIFEST: dict[str, Any] = {
    "macros": {
        "macro.ytempire.ratio": {
            "package_name": "ytempire",
            "macro_sql": "a / b",
            "depends_on": {"macros": ["macro.ytempire.safe"]},
        },
        "macro.ytempire.safe": {"package_name": "ytempire", "macro_sql": "nullif", "depends_on": {"macros": []}},
        "macro.dbt.ref": {"package_name": "dbt", "macro_sql": "ref", "depends_on": {"macros": []}},
    },
    "nodes": {
        "model.staged": node("staged", "1", "view", ["source.raw"], [], views="bigint"),
        "model.grown": node(
            "grown", "2", "incremental", ["model.staged"], ["macro.ytempire.ratio", "macro.dbt.ref"], views="bigint"
        ),
        "model.apart": node("apart", "3", "incremental", [], [], views="bigint"),
        "model.whole": node("whole", "4", "table", ["model.grown"], [], views="bigint"),
    },
}
BUILT = ("model.staged", "model.grown", "model.apart", "model.whole")


def changed(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    manifest = deepcopy(MANIFEST)
    at = manifest
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = value
    return manifest


@pytest.fixture
def built(database: Engine) -> Engine:
    with database.begin() as connection:
        connection.exec_driver_sql("create schema facts")
        for table in ("grown", "apart", "whole"):
            connection.exec_driver_sql(f"create table facts.{table} (views bigint)")
        connection.exec_driver_sql("create view facts.shown as select * from facts.grown")
    assert drop_outdated(database, MANIFEST) == ["apart", "grown"]  # nobody knows what they were built of
    with database.begin() as connection:
        for table in ("grown", "apart"):
            connection.exec_driver_sql(f"create table facts.{table} (views bigint)")
    note_built(database, MANIFEST, BUILT)
    return database


def test_what_is_as_it_was_stays(built: Engine) -> None:
    assert drop_outdated(built, MANIFEST) == []


@pytest.mark.parametrize(
    ("path", "value", "dropped"),
    [
        (("nodes", "model.grown", "checksum", "checksum"), "other", ["grown"]),
        (("nodes", "model.staged", "checksum", "checksum"), "other", ["grown"]),
        (("nodes", "model.grown", "columns", "cpm"), {"data_type": "bigint"}, ["grown"]),
        (("nodes", "model.grown", "columns", "views", "data_type"), "text", ["grown"]),
        (("macros", "macro.ytempire.safe", "macro_sql"), "coalesce", ["grown"]),
        (("nodes", "model.whole", "checksum", "checksum"), "other", []),
        (("macros", "macro.dbt.ref", "macro_sql"), "a new dbt", []),
    ],
)
def test_what_has_changed_is_dropped_and_what_is_apart_stays(
    built: Engine, path: tuple[str, ...], value: Any, dropped: list[str]
) -> None:
    assert drop_outdated(built, changed(path, value)) == dropped
    with built.connect() as connection:
        left = connection.exec_driver_sql("select table_name from information_schema.tables where table_schema = 'facts'")
        assert {"apart", "whole"} <= set(left.scalars())


def test_a_table_whose_build_failed_is_made_anew_next_time(built: Engine) -> None:
    new = changed(("nodes", "model.staged", "checksum", "checksum"), "other")
    assert drop_outdated(built, new) == ["grown"]
    note_built(built, new, ["model.staged"])
    with built.begin() as connection:
        connection.exec_driver_sql("create table facts.grown (views bigint)")
    assert drop_outdated(built, new) == ["grown"]


def test_descriptions_change_nothing() -> None:
    assert digests(changed(("nodes", "model.grown", "columns", "views", "description"), "Views.")) == digests(MANIFEST)
