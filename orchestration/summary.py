"""What a day did, read back from where it was stored, and how it is shown at the terminal."""

from __future__ import annotations

import json
import os
import shlex
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import Engine, text

from core.ids import SlotId
from core.money import format_usd
from generation.reviews import LANE_SETTING
from generation.values import Artifact
from orchestration.runs import Runner
from orchestration.stack import Stack
from serving.schemas import ModelCard
from training.specs import model_spec

_ASKED = text("""
    select why, decided_by, is_approved from ops.reviews
    where slot_id = :slot and film_digest = (
        select artifacts -> 'film' ->> 'digest' from ops.publications where slot_id = :slot
    )
""")


def summarise(
    stack: Stack, runner: Runner, day: date, slots: list[SlotId], failed: dict[SlotId, str], seconds: dict[str, float]
) -> dict[str, Any]:
    """Collect the day's figures from where they were stored, as plain JSON values; `failed` has a sentence for each such slot."""
    return {
        "day": day.isoformat(),
        "market": stack.settings.market.value,
        "sources": _sources(stack.engine, day),
        "warehouse": _warehouse(stack.settings.state / "dbt"),
        "features": runner.row_counts("feature_store", "online"),
        "models": [_model(card) for card in stack.scorer.models()],
        "videos": [video for slot in slots if slot not in failed and (video := _video(stack, slot)) is not None],
        "failed": {str(slot): sentence for slot, sentence in failed.items()},
        "seconds": {name: round(value, 1) for name, value in seconds.items()},
    }


def store(engine: Engine, summary: dict[str, Any]) -> None:
    """Keep the summary as the day's row of `ops.day_runs`."""
    with engine.begin() as connection:
        connection.execute(
            text(
                "insert into ops.day_runs (day, market, started_at, finished_at, seconds, summary)"
                " values (:day, :market, now() - make_interval(secs => :seconds), now(), :seconds, cast(:summary as jsonb))"
                " on conflict (day) do update set started_at = excluded.started_at, finished_at = excluded.finished_at,"
                " seconds = excluded.seconds, summary = excluded.summary"
            ),
            {
                "day": summary["day"],
                "market": summary["market"],
                "seconds": sum(summary["seconds"].values()),
                "summary": json.dumps(summary),
            },
        )


def last_days(engine: Engine, limit: int = 7) -> list[dict[str, Any]]:
    """The days that were run last, newest first: day, seconds, summary."""
    with engine.connect() as connection:
        rows = connection.execute(text("select day, seconds, summary from ops.day_runs order by day desc limit :n"), {"n": limit})
        return [dict(row._mapping) for row in rows]


def _sources(engine: Engine, day: date) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "select asset_key as source, max(row_count) filter (where partition_on = :day) as rows,"
                " cast(sum(row_count) as bigint) as rows_of_all_days, count(*) as days from ("
                "  select distinct on (asset_key, partition_on) asset_key, partition_on, row_count from ops.landings"
                "  order by asset_key, partition_on, landing_id desc) latest group by asset_key order by asset_key"
            ),
            {"day": day},
        )
        return [dict(row._mapping) for row in rows]


def _warehouse(target: Path) -> dict[str, int]:
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    kinds = [(result["unique_id"].partition(".")[0], result["status"]) for result in results]
    tests = [status for kind, status in kinds if kind == "test"]
    return {
        "models": sum(kind == "model" for kind, _ in kinds),
        "tests": len(tests),
        "tests_passed": sum(status == "pass" for status in tests),
    }


def _model(card: ModelCard) -> dict[str, Any]:
    metric = model_spec(card.model).primary_metric
    return {
        "name": card.model,
        "version": card.version.partition("-")[0],
        "kind": card.kind,
        "metric": metric,
        "value": card.metrics.get(metric),
        "baseline": card.baseline_metrics.get(metric),
        "trained_as_of": card.trained_as_of,
    }


def _video(stack: Stack, slot: SlotId) -> dict[str, Any] | None:
    with stack.engine.connect() as connection:
        found = connection.execute(text("select * from ops.publications where slot_id = :slot"), {"slot": str(slot)})
        row = found.mappings().first()
        asked = connection.execute(_ASKED, {"slot": str(slot)}).mappings().first()
    if row is None:
        return None
    return {
        "review": dict(asked) if asked else None,
        "slot": str(slot),
        "title": row["title"],
        "state": row["state"],
        "video_id": row["video_id"],
        "publish_at": row["publish_at"].strftime("%Y-%m-%d %H:%M UTC"),
        "duration_seconds": row["duration_seconds"],
        "quality_score": row["quality_score"],
        "cost_usd_micros": stack.cost_ledger.total(str(slot)),
        "film": str(_named(stack, slot, Artifact(**row["artifacts"]["film"]))),
    }


def _named(stack: Stack, slot: SlotId, film: Artifact) -> Path:
    """The film under a name that people can read: a link in `videos/` to the artifact, which is named by its digest."""
    link = stack.settings.state / "videos" / f"{slot.on} {slot.lane}{film.suffix}"
    link.parent.mkdir(exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(os.path.relpath(stack.artifacts.path(film), link.parent))
    return link


def show(summary: dict[str, Any], console: Console, data_folder: Path | None = None) -> None:
    """Print a summary for people, ending with what to do next; `data_folder` is the replayed market's."""
    console.rule(f"{summary['market']} market, {summary['day']}")
    console.print(_table("Source", "Rows", "All days", rows=_source_rows(summary)))
    warehouse, features = summary["warehouse"], summary["features"]
    console.print(
        f"Warehouse  {warehouse['models']} models, {warehouse['tests_passed']} of {warehouse['tests']} tests passed\n"
        f"Features   {', '.join(f'{count:,} {name}' for name, count in features.items())} online\n"
    )
    console.print(_table("Model", "Champion", "Metric", "Value", "Baseline", rows=_model_rows(summary)))
    for video in summary["videos"]:
        console.print(
            f"[bold]{escape(video['title'])}[/]\n"
            f"  score {video['quality_score']:.0f}, {video['duration_seconds']:.0f} s, {format_usd(video['cost_usd_micros'])},"
            f" {_plan(video)}\n  {_near(Path(video['film']))}",
            soft_wrap=True,
        )
        if review := video.get("review"):
            console.print(f"  [yellow]![/] {escape(_asked(video['slot'], review))}", soft_wrap=True)
    failed = summary.get("failed", {})
    for slot, sentence in failed.items():
        console.print(f"[red]{escape(slot)} failed:[/] {escape(sentence)}", soft_wrap=True)
    parts = ", ".join(f"{name.lower()} {value:.0f} s" for name, value in summary["seconds"].items())
    console.print(f"\nTime       {sum(summary['seconds'].values()):.0f} s: {parts}\n")
    following = date.fromisoformat(summary["day"]) + timedelta(days=1)
    data = f" DATA={_near(data_folder)}" if data_folder else ""
    again = f"make run DAY={summary['day']}{data}   the videos that failed, once more\n           " if failed else ""
    console.print(
        f"Next       {again}make run DAY={following}{data}   the next day\n"
        f"           make dev{data}   the Dagster UI: lineage, runs, the videos\n"
        f"           make serve{data}   the models over HTTP\n"
        f"           ytempire status   what runs; ytempire down stops it"
    )


def _table(*columns: str, rows: list[tuple[str, ...]]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _source_rows(summary: dict[str, Any]) -> list[tuple[str, ...]]:
    return [
        (row["source"], "–" if row["rows"] is None else f"{row['rows']:,}", f"{row['rows_of_all_days']:,} in {row['days']} days")
        for row in summary["sources"]
    ]


def _model_rows(summary: dict[str, Any]) -> list[tuple[str, ...]]:
    return [
        (
            model["name"],
            f"v{model['version']} {model['kind']}",
            model["metric"],
            _figure(model["value"]),
            _figure(model["baseline"]),
        )
        for model in summary["models"]
    ]


def _figure(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3f}"


def _plan(video: dict[str, Any]) -> str:
    if video["state"] == "uploaded":
        return f"uploaded as private, public on {video['publish_at']}"
    return f"{video['state']}, to be public on {video['publish_at']}"


def _asked(slot: str, review: dict[str, Any]) -> str:
    """That a person is asked about a film, or would have been, and why."""
    if review["is_approved"] is None:
        return f"{review['why']} Look at it: ytempire review show {shlex.quote(slot)}"
    if review["decided_by"] != LANE_SETTING:
        return f"{review['why']} {review['decided_by']} {'approved' if review['is_approved'] else 'rejected'} it."
    return f"Published by {LANE_SETTING}; a person would have been asked. {review['why']}"


def _near(path: Path) -> str:
    """A path as a person here would write it."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd().parent) else str(path)
