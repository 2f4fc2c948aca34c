"""The only two doors to features: `historical` for training rows, `online` for requests. Both name a feature service, and both
give the same numbers for the same entity at the same moment (a test holds them to it).

Rule of the point in time: of an entity's rows with event time ≤ t, created time ≤ t and event time ≥ t − time to live, the
newest event wins, then the newest created. A row written late therefore never reaches a training row that is older than it."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import polars as pl
from feast import FeatureService, FeatureStore
from feast.errors import FeatureServiceNotFoundException

from core.errors import Damaged, InvalidInput, NotReady

_ROW = "row_number_of_request"


def historical(store: FeatureStore, service: str, entities: pl.DataFrame) -> pl.DataFrame:
    """Join the features of a service to entity rows as they were known at each row's `event_timestamp`.

    Args:
        entities: one row per training row: the join keys, `event_timestamp` (timezone-aware) and the service's request columns.

    Returns the rows in the given order, with one float column per feature (null where nothing was known). Raises NotReady for
    a service that is not registered, InvalidInput for missing columns, Damaged when a source holds two rows of equal keys.
    """
    definition = _service(store, service)
    names = feature_names(definition)
    if entities.is_empty():
        return entities.with_columns(pl.lit(None, dtype=pl.Float64).alias(name) for name in names)
    needed = {"event_timestamp", *_join_keys(store, definition), *_request_columns(store, definition)}
    if missing := needed - set(entities.columns):
        raise InvalidInput(f"Rows for {service} lack {', '.join(sorted(missing))}.", "Give a column for each.")

    # A request value that no row knows, such as the measures of pictures before any was measured, has no type of its own.
    asked = entities.select(sorted(needed)).with_columns(pl.col(pl.Null).cast(pl.Float64)).with_row_index(_ROW)
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
    columns = pl.from_pandas(found[[_ROW, *names]]).sort(_ROW)
    return entities.with_columns(columns[name].cast(pl.Float64).fill_nan(None) for name in names)


def online(store: FeatureStore, service: str, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, float | None]]:
    """Read the features of a service for request rows (join keys and request values); unknown entities give nulls.

    Values beyond their time to live are null, measured from the last materialised moment and not from the wall clock, because
    Feast does not enforce it online and a simulated day is long ago. Raises NotReady for a service that is not registered,
    InvalidInput for missing values.
    """
    if not rows:
        return []
    definition = _service(store, service)
    needed = [*_join_keys(store, definition), *_request_columns(store, definition)]
    for row in rows:
        if missing := [name for name in needed if name not in row]:
            raise InvalidInput(
                f"A request for {service} lacks {', '.join(missing)}.", "Give one value per key and request value."
            )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        answer = store.get_online_features(
            features=definition, entity_rows=[{name: row[name] for name in needed} for row in rows]
        ).to_dict(include_event_timestamps=True)

    oldest = _oldest_allowed(store, definition)
    columns: dict[str, list[float | None]] = {}
    for name in feature_names(definition):
        limit = oldest.get(name)
        columns[name] = [
            None if value is None or math.isnan(value) or (limit is not None and seconds < limit) else float(value)
            for value, seconds in zip(answer[name], answer[f"{name}__ts"], strict=True)
        ]
    return [{name: values[index] for name, values in columns.items()} for index in range(len(rows))]


def feature_names(service: FeatureService) -> list[str]:
    """Names of a service's features, in the order of its views."""
    return [feature.name for projection in service.feature_view_projections for feature in projection.features]


def _service(store: FeatureStore, name: str) -> FeatureService:
    try:
        return store.get_feature_service(name, allow_cache=True)
    except FeatureServiceNotFoundException:
        raise NotReady(f"Feature service {name} is not registered.", "Materialise feature_store/registry first.") from None


def _on_demand(store: FeatureStore, service: FeatureService) -> list[Any]:
    named = {projection.name for projection in service.feature_view_projections}
    return [view for view in store.list_on_demand_feature_views(allow_cache=True) if view.name in named]


def _request_columns(store: FeatureStore, service: FeatureService) -> list[str]:
    return [
        field.name
        for view in _on_demand(store, service)
        for source in view.source_request_sources.values()
        for field in source.schema
    ]


def _batch_views(store: FeatureStore, service: FeatureService) -> list[Any]:
    named = {projection.name for projection in service.feature_view_projections}
    return [view for view in store.list_feature_views(allow_cache=True) if view.name in named]


def _join_keys(store: FeatureStore, service: FeatureService) -> list[str]:
    return sorted({column.name for view in _batch_views(store, service) for column in view.entity_columns})


def _oldest_allowed(store: FeatureStore, service: FeatureService) -> dict[str, float]:
    """Per feature of a materialised view, the oldest event time (seconds since 1970) that is still within its time to live."""
    limits: dict[str, float] = {}
    for view in _batch_views(store, service):
        if view.most_recent_end_time is not None:
            moment: datetime = view.most_recent_end_time
            aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
            limits |= dict.fromkeys((field.name for field in view.features), (aware - view.ttl).timestamp())
    return limits
