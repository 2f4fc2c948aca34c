"""Holds the online store to the offline one: for a sample of entities both must give the same numbers at the same moment. And
holds our own join by time to Feast's."""

from __future__ import annotations

import math
import warnings
from datetime import UTC, datetime
from typing import Any

import polars as pl
import sqlalchemy
from feast import FeatureStore

from core.errors import Damaged, NotReady
from core.pictures import MEASURES
from features.entities import ENTITIES
from features.repository import VIEWS
from features.retrieval import feature_names, historical, online, require_columns, service_of
from features.services import SERVICES

_TOLERANCE = 1e-9
_ROW = "row_number_of_request"
_DRAFT = {
    "title": "Parity of features?",
    "script": "Are both doors alike? They give the same numbers. You can check them here.",
    "duration_seconds": 75.0,
    "category_id": 20.0,
    **dict.fromkeys(MEASURES, 0.25),
}


def materialised_until(store: FeatureStore) -> datetime:
    """The moment that the online store stands for. Raises NotReady before the first materialisation."""
    ends = [store.get_feature_view(view.name).most_recent_end_time for view in VIEWS]
    if any(end is None for end in ends):
        raise NotReady("The online store is empty.", "Materialise feature_store/online first.")
    latest: datetime = max(end for end in ends if end is not None)
    return latest.replace(tzinfo=UTC) if latest.tzinfo is None else latest


def differences(store: FeatureStore, engine: sqlalchemy.Engine, sample: int = 25) -> dict[str, list[str]]:
    """Compare `online` with `historical` at the moment last materialised, for the most recent entities of each service.

    Returns, by service, one line per differing value; empty lists are what is hoped for.
    """
    moment = materialised_until(store)
    found = {}
    for service in SERVICES:
        rows = _sample(engine, service.name, moment, sample)
        offline = historical(store, service.name, _frame(rows, moment)).to_dicts()
        found[service.name] = [
            f"{next(iter(row.values()))} {name}: online {value}, historical {expected[name]}"
            for row, values, expected in zip(rows, online(store, service.name, rows), offline, strict=True)
            for name, value in values.items()
            if not _equal(value, expected[name])
        ]
    return found


def feast_historical(store: FeatureStore, service: str, entities: pl.DataFrame) -> pl.DataFrame:
    """What `historical` answers, found by Feast's own join: the same arguments, rows, values and errors, slower."""
    definition = service_of(store, service)
    needed = require_columns(store, definition, entities)
    # A request value that no row knows, such as the measures of pictures before any was measured, has no type in pandas.
    unknown = [name for name in needed if entities[name].null_count() == entities.height]
    asked = entities.select(needed).with_columns(pl.col(unknown).cast(pl.Float64)).with_row_index(_ROW)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = store.get_historical_features(
            entity_df=asked.to_pandas(), features=definition, filter_by_created_timestamp=True
        ).to_df()
    # Feast joins the latest rows back by their two timestamps: equal ones multiply training rows, which must not pass unseen.
    if len(found) != entities.height:
        raise Damaged(
            f"The features of {service} came back as {len(found)} rows for {entities.height}: a source holds two rows with equal"
            " entity, event_timestamp and created_timestamp.",
            "Run the dbt tests of schema features; they name the rows.",
        )
    names = feature_names(definition)
    columns = pl.from_pandas(found[[_ROW, *names]]).sort(_ROW)
    return entities.with_columns(columns[name].cast(pl.Float64).fill_nan(None) for name in names)


def missing_keys(engine: sqlalchemy.Engine) -> dict[str, int]:
    """Rows without key or timestamp, by feature table."""
    # Of the entities, because Feast fills in a view's own columns only when it is applied, perhaps in another process.
    join_keys = {entity.name: entity.join_key for entity in ENTITIES}
    found = {}
    with engine.connect() as connection:
        for view in VIEWS:
            table, key = view.batch_source.get_table_query_string(), join_keys[view.entities[0]]
            unknown = f"{key} is null or event_timestamp is null or created_timestamp is null"
            found[table] = connection.scalar(sqlalchemy.text(f"select count(*) from {table} where {unknown}"))  # noqa: S608
    return found


def _sample(engine: sqlalchemy.Engine, service: str, moment: datetime, size: int) -> list[dict[str, Any]]:
    key, table = ("video_id", "feat_video__reading") if service.startswith("trend") else ("channel_id", "feat_channel__daily")
    query = sqlalchemy.text(
        f"select {key} from features.{table} where event_timestamp <= :moment"  # noqa: S608 - names from the line above
        f" group by {key} order by max(event_timestamp) desc, {key} limit :size"
    )
    with engine.connect() as connection:
        keys = [row[0] for row in connection.execute(query, {"moment": moment, "size": size})]
    draft = {} if key == "video_id" else {**_DRAFT, "publish_at": moment}
    return [{key: value, **draft} for value in keys]


def _frame(rows: list[dict[str, Any]], moment: datetime) -> pl.DataFrame:
    return pl.DataFrame(rows).with_columns(pl.lit(moment).alias("event_timestamp")) if rows else pl.DataFrame()


def _equal(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)
