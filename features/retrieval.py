"""The only two doors to features: `historical` for training rows, `online` for requests. Both name a feature service, and both
give the same numbers for the same entity at the same moment (a test holds them to it).

Rule of the point in time: of an entity's rows with event time ≤ t, created time ≤ t and event time ≥ t − time to live, the
newest event wins, then the newest created. A row written late therefore never reaches a training row that is older than it.
`point_in_time` finds it; Feast, which defines the services, would take many times as long for the same answer (a test holds
them to each other: `parity.feast_historical`)."""

from __future__ import annotations

import math
import warnings
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import polars as pl
from feast import FeatureService, FeatureStore
from feast.errors import FeatureServiceNotFoundException
from feast.types import Bool

from core.errors import Damaged, InvalidInput, NotReady
from features import offline, on_demand
from features.point_in_time import CREATED, EVENT, join_as_of

_KNOWN = "known_from"


def historical(store: FeatureStore, service: str, entities: pl.DataFrame, *, known_at: str | None = None) -> pl.DataFrame:
    """Join the features of a service to entity rows as they were known at each row's `event_timestamp`.

    Args:
        entities: one row per training row: the join keys, `event_timestamp` (timezone-aware) and the service's request columns.
        known_at: name of a column to add: the moment from which on the newest of a row's values was true and known, null where
            nothing was. It is never later than the row.

    Returns the rows in the given order, with one float column per feature (null where nothing was known). Raises NotReady for
    a service that is not registered, InvalidInput for missing columns, Damaged when a source holds two rows of equal keys.
    """
    definition = service_of(store, service)
    names = feature_names(definition)
    if entities.is_empty():
        kinds = dict.fromkeys(names, pl.Float64()) | ({known_at: offline.MOMENT} if known_at else {})
        return entities.with_columns(pl.lit(None, dtype=kind).alias(name) for name, kind in kinds.items())
    require_columns(store, definition, entities)
    moment = entities.schema[EVENT]
    if not isinstance(moment, pl.Datetime) or moment.time_zone is None:
        raise InvalidInput(f"Moments for {service} have no time zone.", "Give event_timestamp in UTC.")
    found = [*_joined(store, definition, entities), *_described(store, definition, entities)]
    told = pl.concat([frame.drop(_KNOWN, strict=False) for frame in found], how="horizontal")
    answer = entities.drop(names, strict=False).hstack(told.select(pl.col(names).cast(pl.Float64).fill_nan(None)))
    if known_at is None:
        return answer
    moments = [frame[_KNOWN] for frame in found if _KNOWN in frame.columns]
    nothing = pl.lit(None, dtype=offline.MOMENT)
    return answer.with_columns(pl.max_horizontal(nothing, *map(pl.lit, moments)).alias(known_at))


def source_tables(store: FeatureStore, service: str) -> list[str]:
    """The tables that a service's features lie in, in the order of their names."""
    return sorted({view.batch_source.get_table_query_string() for view in batch_views(store, service_of(store, service))})


def _joined(store: FeatureStore, definition: FeatureService, entities: pl.DataFrame) -> list[pl.DataFrame]:
    """Columns of the service's views that lie in the warehouse, and from when on they were known. Views of one table and one time
    to live are read together."""
    wanted: dict[tuple[str, str, timedelta], list[str]] = defaultdict(list)
    asked_of = _names_by_view(definition)
    flags = set()
    for view in batch_views(store, definition):
        table = view.batch_source.get_table_query_string()
        wanted[table, view.entity_columns[0].name, view.ttl].extend(asked_of[view.name])
        flags |= {field.name for field in view.features if field.dtype == Bool}
    moments = entities[EVENT].drop_nulls()
    if moments.is_empty() or not wanted:
        return [pl.DataFrame({name: [None] * entities.height for names in wanted.values() for name in names})]
    since, until = cast(datetime, moments.min()), cast(datetime, moments.max())
    found = []
    with offline.connect(store) as connection:
        for (table, key, ttl), columns in wanted.items():
            keys = entities[key].cast(pl.String)
            rows = offline.read_rows(
                connection,
                table,
                key,
                columns,
                flags=flags,
                keys=keys.drop_nulls().unique(),
                since=since - ttl if ttl else None,
                until=until,
            )
            rows = rows.with_columns(pl.max_horizontal(EVENT, CREATED).alias(_KNOWN))
            try:
                told = join_as_of(entities.select(keys, EVENT), rows, key, [*columns, _KNOWN], ttl or None)
            except Damaged as error:
                raise Damaged(f"Table {table}: {error.message}", error.remedy) from None
            found.append(told.select(*columns, _KNOWN))
    return found


def _described(store: FeatureStore, definition: FeatureService, entities: pl.DataFrame) -> list[pl.DataFrame]:
    """Columns of the service's on-demand views."""
    asked_of = _names_by_view(definition)
    return [on_demand.describe(view.name, entities).select(asked_of[view.name]) for view in _on_demand(store, definition)]


def _names_by_view(definition: FeatureService) -> dict[str, list[str]]:
    return {each.name: [feature.name for feature in each.features] for each in definition.feature_view_projections}


def online(store: FeatureStore, service: str, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, float | None]]:
    """Read the features of a service for request rows (join keys and request values); unknown entities give nulls.

    Values beyond their time to live are null, measured from the last materialised moment and not from the wall clock, because
    Feast does not enforce it online and a simulated day is long ago. Raises NotReady for a service that is not registered,
    InvalidInput for missing values.
    """
    if not rows:
        return []
    definition = service_of(store, service)
    needed = [*join_keys(store, definition), *request_columns(store, definition)]
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


def service_of(store: FeatureStore, name: str) -> FeatureService:
    """A registered service. Raises NotReady."""
    try:
        return store.get_feature_service(name, allow_cache=True)
    except FeatureServiceNotFoundException:
        raise NotReady(f"Feature service {name} is not registered.", "Materialise feature_store/registry first.") from None


def _on_demand(store: FeatureStore, service: FeatureService) -> list[Any]:
    named = {projection.name for projection in service.feature_view_projections}
    return [view for view in store.list_on_demand_feature_views(allow_cache=True) if view.name in named]


def require_columns(store: FeatureStore, service: FeatureService, entities: pl.DataFrame) -> list[str]:
    """The columns that a service needs of entity rows, sorted. Raises InvalidInput when one is missing."""
    needed = {EVENT, *join_keys(store, service), *request_columns(store, service)}
    if missing := needed - set(entities.columns):
        raise InvalidInput(f"Rows for {service.name} lack {', '.join(sorted(missing))}.", "Give a column for each.")
    return sorted(needed)


def request_columns(store: FeatureStore, service: FeatureService) -> list[str]:
    """Values that a request has to bring itself, each once."""
    named = (
        field.name
        for view in _on_demand(store, service)
        for source in view.source_request_sources.values()
        for field in source.schema
    )
    return list(dict.fromkeys(named))


def batch_views(store: FeatureStore, service: FeatureService) -> list[Any]:
    """Those of a service's views that lie in the warehouse."""
    named = {projection.name for projection in service.feature_view_projections}
    return [view for view in store.list_feature_views(allow_cache=True) if view.name in named]


def join_keys(store: FeatureStore, service: FeatureService) -> list[str]:
    """Keys of all of a service's entities."""
    return sorted({column.name for view in batch_views(store, service) for column in view.entity_columns})


def _oldest_allowed(store: FeatureStore, service: FeatureService) -> dict[str, float]:
    """Per feature of a materialised view, the oldest event time (seconds since 1970) that is still within its time to live."""
    limits: dict[str, float] = {}
    for view in batch_views(store, service):
        if view.most_recent_end_time is not None:
            moment: datetime = view.most_recent_end_time
            aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
            limits |= dict.fromkeys((field.name for field in view.features), (aware - view.ttl).timestamp())
    return limits
