"""A warehouse that was built by an earlier version of its SQL: tables that grow by landings are made anew where what they are
made of has changed. Without it their old rows would stay as the old SQL told them, and new columns would stop the build.

What each table was last built of is kept in `intermediate.models_built`: a digest of its SQL, the macros that it uses, its
columns, and those of all models and seeds upstream."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from core.digest import digest_value

if TYPE_CHECKING:
    from sqlalchemy import Engine

PACKAGE = "ytempire"

_PREPARE = """
    create schema if not exists intermediate;
    create table if not exists intermediate.models_built (model text primary key, digest text not null)
"""
_STANDING = """
    select tables.table_schema, tables.table_name, built.digest
    from information_schema.tables as tables
    left join intermediate.models_built as built on tables.table_name = built.model
    where tables.table_type = 'BASE TABLE' and tables.table_schema = any(%s)
"""
_NOTE = """
    insert into intermediate.models_built (model, digest) values (%s, %s)
    on conflict (model) do update set digest = excluded.digest
"""


def digests(manifest: Mapping[str, Any]) -> dict[str, str]:
    """What each model and seed of a dbt manifest is made of, by its unique id: of equal landings, equal digests build equal
    tables."""
    nodes, macros = manifest["nodes"], manifest["macros"]

    @cache
    def of_macro(unique_id: str) -> str:
        macro = macros.get(unique_id)
        if macro is None or macro["package_name"] != PACKAGE:
            return ""
        return digest_value([macro["macro_sql"], sorted(map(of_macro, macro["depends_on"]["macros"]))])

    @cache
    def of_node(unique_id: str) -> str:
        node = nodes.get(unique_id)
        if node is None:  # a source: its rows come by landings
            return ""
        columns = [[name, column.get("data_type")] for name, column in sorted(node.get("columns", {}).items())]
        made_of = [
            node.get("raw_code", ""),
            node["checksum"]["checksum"],
            columns,
            node["config"].get("meta", {}).get("increment"),
        ]
        upstream = node.get("depends_on", {})
        return digest_value(
            [made_of, sorted(map(of_macro, upstream.get("macros", ()))), sorted(map(of_node, upstream.get("nodes", ())))]
        )

    return {unique_id: of_node(unique_id) for unique_id, node in nodes.items() if node["resource_type"] in ("model", "seed")}


def drop_outdated(engine: "Engine", manifest: Mapping[str, Any]) -> list[str]:
    """Drop the growing tables that were built of something else than the manifest says, with the views on them, which the build
    makes anew too; returns their names. What they held is made again from the raw tables."""
    told = digests(manifest)
    growing = {
        (node["schema"], node["name"]): told[unique_id]
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and node["config"]["materialized"] == "incremental"
    }
    dropped = []
    with engine.begin() as connection:
        connection.exec_driver_sql(_PREPARE)
        standing = connection.exec_driver_sql(_STANDING, (sorted({schema for schema, _ in growing}),)).all()
        for schema, name, digest in standing:
            if (schema, name) in growing and growing[schema, name] != digest:
                connection.exec_driver_sql(f'drop table "{schema}"."{name}" cascade')
                dropped.append(name)
    return sorted(dropped)


def note_built(engine: "Engine", manifest: Mapping[str, Any], unique_ids: Iterable[str]) -> None:
    """Remember what models were built of."""
    told = digests(manifest)
    rows = [(manifest["nodes"][unique_id]["name"], told[unique_id]) for unique_id in unique_ids if unique_id in told]
    if rows:
        with engine.begin() as connection:
            connection.exec_driver_sql(_PREPARE)
            connection.exec_driver_sql(_NOTE, rows)
