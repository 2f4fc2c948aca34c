"""What every trained version reached and what was decided, as rows of `ops.model_performance` and `ops.promotions`: for reports,
beside the registry that decides."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine, text

from training.values import Candidate, Verdict

_WRITE = text("""
    insert into ops.model_performance (
        model, model_version, metric, value, low, high, baseline, evaluated_at, trained_as_of
    ) values (:model, :version, :metric, :value, :low, :high, :baseline, :now, :as_of)
    on conflict (model, model_version, metric, evaluated_at) do update
    set value = excluded.value, low = excluded.low, high = excluded.high, baseline = excluded.baseline
""")

_DECIDED = text("""
    insert into ops.promotions (model, version, decided_at, is_promoted, reason, figures, previous)
    values (:model, :version, :now, :is_promoted, :reason, cast(:figures as jsonb), :previous)
""")


_IN_USE = text("""
    insert into ops.promotions (model, version, decided_at, is_promoted, reason)
    select :model, :version, :now, true, :reason
    where not exists (
        select from ops.promotions where model = :model and version = :version and is_promoted
    )
""")


def record_promotion(engine: Engine, verdict: Verdict, now: datetime) -> None:
    """Write down what the gate decided, or a rollback, with everything that was measured.

    The version that was in use before the decision gets its row first, where it has none: the rule that a model begins with.
    That the champion was judged again is no decision."""
    in_use = verdict.previous if verdict.is_promoted else verdict.champion
    with engine.begin() as connection:
        if in_use is not None:
            connection.execute(_IN_USE, {"model": verdict.model, "version": in_use, "now": now, "reason": "In use before."})
        if verdict.version is not None and (verdict.is_promoted or verdict.version != verdict.champion):
            row = {
                "model": verdict.model,
                "version": verdict.version,
                "now": now,
                "is_promoted": verdict.is_promoted,
                "reason": verdict.reason,
                "figures": json.dumps(plain_json(verdict.figures), allow_nan=False),
                "previous": verdict.previous,
            }
            connection.execute(_DECIDED, row)


def record_task_performance(engine: Engine, model: str, version: str, record: Mapping[str, Any], now: datetime) -> int:
    """Write the metrics of a task's version on its test part, those of its first rule beside them; returns how many."""
    rule = next(iter(record["baselines"].values()))["metrics"]
    as_of = date.fromisoformat(record["trained_as_of"]) if record["trained_as_of"] != "undated" else None
    rows = [
        {
            "model": model,
            "version": version,
            "metric": metric,
            "value": figure["value"],
            "low": figure["low"],
            "high": figure["high"],
            "baseline": rule.get(metric),
            "now": now,
            "as_of": as_of,
        }
        for metric, figure in record["metrics"].items()
        if figure["value"] is not None
    ]
    if rows:
        with engine.begin() as connection:
            connection.execute(_WRITE, rows)
    return len(rows)


def plain_json(value: Any) -> Any:
    """A value for JSON, which has no NaN: a figure without a value is null."""
    if isinstance(value, Mapping):
        return {name: plain_json(each) for name, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain_json(each) for each in value]
    return None if isinstance(value, float) and not -float("inf") < value < float("inf") else value


def record_performance(engine: Engine, candidate: Candidate, verdict: Verdict, primary_metric: str, as_of: datetime) -> int:
    """Write a candidate's metrics on its test part, the rule's beside them; returns how many. Nothing for a model that was none.

    The interval stands at the primary metric: the rule's value plus the 95 % interval of the difference."""
    if candidate.version is None:
        return 0
    difference = verdict.against_baseline
    rows: list[dict[str, object]] = []
    for metric, value in candidate.metrics.items():
        rule = candidate.baseline_metrics.get(metric)
        bounds = (difference.low, difference.high) if metric == primary_metric and difference else ()
        low, high = (rule + bound for bound in bounds) if bounds and rule is not None else (None, None)
        rows.append(
            {
                "model": verdict.model,
                "version": candidate.version,
                "metric": metric,
                "value": value,
                "low": low,
                "high": high,
                "baseline": rule,
                "now": as_of,
                "as_of": as_of.date(),
            }
        )
    if rows:
        with engine.begin() as connection:
            connection.execute(_WRITE, rows)
    return len(rows)


def recorded_interval(engine: Engine, model: str, version: str, metric: str) -> tuple[float | None, float | None]:
    """The ends that were recorded last with a version's metric, None where there are none."""
    query = text("""
        select low, high from ops.model_performance
        where model = :model and model_version = :version and metric = :metric
        order by evaluated_at desc limit 1
    """)
    with engine.connect() as connection:
        found = connection.execute(query, {"model": model, "version": version, "metric": metric}).first()
    return (found.low, found.high) if found is not None else (None, None)
