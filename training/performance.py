"""What every trained version reached, as rows of `ops.model_performance`: for reports, beside the registry that decides."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, text

from training.values import Candidate, Verdict

_WRITE = text("""
    insert into ops.model_performance (
        model, model_version, metric, value, low, high, baseline, evaluated_at, trained_as_of
    ) values (:model, :version, :metric, :value, :low, :high, :baseline, :now, :as_of)
    on conflict (model, model_version, metric, evaluated_at) do update
    set value = excluded.value, low = excluded.low, high = excluded.high, baseline = excluded.baseline
""")


def record_performance(engine: Engine, candidate: Candidate, verdict: Verdict, primary_metric: str, as_of: datetime) -> int:
    """Write a candidate's metrics on its test part, the rule's beside them; returns how many. Nothing for a model that was none.

    The interval stands at the primary metric: the rule's value plus the 90 % interval of the difference."""
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
