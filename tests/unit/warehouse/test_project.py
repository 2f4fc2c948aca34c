"""The dbt project as text: documented to the column, promised names kept, increments stated. dbt is not run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.landing import TABLES
from connectors.youtube.report_types import REPORT_TYPES, ReportType
from core.settings import ROOT

PROJECT = ROOT / "dbt"
MODELS = sorted((PROJECT / "models").rglob("*.sql"))
PROMISED = {
    "dim_channel": "channel_id handle title niche category_id is_own subscribers_count first_seen_at",
    "dim_video": ("video_id channel_id channel_title title category_id duration_seconds published_at is_own first_seen_at"),
    "dim_topic": "topic_id title first_seen_at",
    "fct_chart_entry": "partition_on region rank video_id fetched_at views",
    "fct_video_reading": "video_id read_at known_at views likes comments countries_count best_rank",
    "fct_video_daily": (
        "video_id channel_id on_date views engaged_views watch_minutes average_view_pct likes comments shares "
        "subscribers_gained impressions ctr revenue_usd_micros"
    ),
    "feat_video__reading": (
        "video_id event_timestamp created_timestamp channel_id category_id views likes comments "
        "countries_count best_rank age_hours views_per_hour hours_since_previous views_gained velocity "
        "acceleration growth_previous_48h like_rate comment_rate readings_count"
    ),
    "feat_video__profile": (
        "video_id event_timestamp created_timestamp channel_id title category_id duration_seconds "
        "published_hour published_dow is_weekend is_own"
    ),
    "feat_video__market": (
        "video_id event_timestamp created_timestamp chart_best_rank niche_videos_count niche_channels_count "
        "niche_median_views niche_views_share channel_charting_28d_count channel_median_views_20"
    ),
    "feat_channel__daily": (
        "channel_id event_timestamp created_timestamp is_own subscribers_count uploads_28d_count "
        "charting_videos_28d_count median_views_20 average_view_pct_20 ctr_20 like_rate_20"
    ),
    "feat_topic__daily": (
        "topic_id event_timestamp created_timestamp channels_count new_channels_count videos_count "
        "countries_count views_gained hackernews_points wikipedia_views momentum"
    ),
    "lbl_video__growth_48h": (
        "video_id event_timestamp known_at age_hours age_band views_now views_48h hours_between growth_48h "
        "is_observed readings_count"
    ),
    "lbl_video__ctr": (
        "video_id channel_id event_timestamp known_at title script category_id duration_seconds published_at "
        "impressions clicks ctr"
    ),
    "lbl_video__retention": (
        "video_id channel_id event_timestamp known_at title script category_id duration_seconds published_at "
        "average_view_pct previous_median_pct is_above_median"
    ),
    "rpt_video_rising": (
        "on_date category_id niche video_id title channel_id channel_title views views_gained_24h growth_pct "
        "countries_count best_rank age_hours published_at"
    ),
    "rpt_topic_rising": (
        "on_date category_id niche topic_id topic_title channels_count new_channels_count countries_count "
        "videos_count views_gained momentum hackernews_points wikipedia_views"
    ),
    "rpt_channel_recent": (
        "channel_id on_date videos_28d_count median_views best_video_id best_video_title best_views average_view_pct ctr"
    ),
    "rpt_source_rows": "asset_key partition_on row_count fetched_at",
    "stg_trends__observations": "source row_key title observed_at rank score",
    "rpt_quota_daily": "pacific_day project bucket units",
    "fct_video_launch": "video_id horizon_hours channel_id published_at views",
    "fct_video_outlier": "video_id horizon_hours population format outlier_ratio is_outlier",
    "fct_video_retention": "video_id age_days is_oldest elapsed_ratio audience_watch_ratio",
    "rpt_channel_overview": (
        "channel_id period days_count views_known_days revenue_known_days views revenue_usd_micros youtube_rpm_usd_micros "
        "compared_days views_change revenue_change"
    ),
    "rpt_video_report": (
        "video_id views_90d views_known_days_90d revenue_usd_micros_90d revenue_known_days_90d youtube_rpm_usd_micros_90d "
        "cpm_usd_micros_90d playback_based_cpm_usd_micros_90d"
    ),
    "fct_video_profit": (
        "video_id channel_id revenue_usd_micros cost_usd_micros profit_usd_micros youtube_rpm_usd_micros "
        "all_income_rpm_usd_micros roi"
    ),
    "fct_video_reach_daily": "video_id on_date traffic_source device_type channel_id impressions rated_impressions clicks ctr",
    "fct_video_subscription_daily": "video_id on_date subscribed_status channel_id views watch_minutes average_view_pct",
    "fct_video_demographics": "video_id period age_group gender views_pct segment_views told_views views coverage_pct days_count",
    "fct_search_term": "channel_id first_on last_on search_term place views watch_minutes",
    "rpt_traffic_growth": "channel_id period traffic_source days_count views before_views views_gained growth_pct",
    "rpt_retention_drops": "video_id age_days place from_seconds lost_pct curves_count channel_median_lost_pct excess_pct views",
    "rpt_publish_slot": (
        "channel_id format horizon_hours breakdown value videos_count launch_ratio launch_ratio_low launch_ratio_high"
    ),
    "rpt_subscriber_conversion": (
        "channel_id period breakdown value days_count views subscribers_gained gained_per_1000_views "
        "gained_per_1000_views_low gained_per_1000_views_high"
    ),
    "rpt_competitor_pace": (
        "channel_id format read_at videos_count videos_per_week rated_videos_count median_views_per_day views_gained_per_day"
    ),
    "youtube__thumbnail_experiment": (
        "video_id variant days_count impressions clicks ctr compared_impressions standardised_ctr standardised_ctr_low "
        "standardised_ctr_high ctr_gain ctr_gain_low ctr_gain_high verdict"
    ),
    "youtube__video_report": (
        "date_day video_id channel_id source_relation video_title video_description channel_title video_published_at "
        "default_thumbnail_url medium_thumbnail_url high_thumbnail_url average_view_duration_percentage "
        "average_view_duration_seconds comments dislikes likes shares subscribers_gained subscribers_lost views "
        "watch_time_minutes video_duration_seconds daily_video_id youtube_rpm_usd_micros cpm_usd_micros"
    ),
    "youtube__demographics_report": "date_day video_id age_group country_code gender views_percentage source_relation",
    "youtube__age_demographics_pivot": "date_day video_id age_13_17_view_percentage age_65_view_percentage",
    "youtube__gender_demographics_pivot": "date_day video_id female_view_percentage male_view_percentage",
    "youtube__video_metadata": "video_id video_title default_thumbnail_url standard_thumbnail_url high_thumbnail_url",
    "stg_youtube__channel_basic": "_fivetran_id date_day _fivetran_synced channel_id video_id views watch_time_minutes",
}
"""Columns that features, training, serving, generation and people's dashboards read by name."""

RENAMED = {
    "average_view_duration_percentage": "average_view_pct",
    "average_view_duration_seconds": "average_view_seconds",
    "date": "on_date",
    "playback_location_type": "playback_location",
    "red_watch_time_minutes": "red_watch_minutes",
    "traffic_source_type": "traffic_source",
    "video_thumbnail_impressions": "impressions",
    "video_thumbnail_impressions_ctr": "ctr",
    "views_percentage": "views_pct",
    "watch_time_minutes": "watch_minutes",
}
"""Columns of the bulk reports that staging names otherwise."""


def described(model: Path) -> dict[str, Any]:
    [entry] = yaml.safe_load(model.with_suffix(".yml").read_text(encoding="utf-8"))["models"]
    return dict(entry)


@pytest.mark.parametrize("model", MODELS, ids=lambda path: path.stem)
def test_every_model_says_its_grain_and_documents_its_columns(model: Path) -> None:
    entry = described(model)
    assert entry["name"] == model.stem
    assert re.search(r"One row per [^.]+\.$", entry["description"])
    for column in entry["columns"]:
        assert re.search(r"\([^;()]+; (api|derived|predicted)\)\.$", column["description"]), column["name"]


@pytest.mark.parametrize("model", PROMISED)
def test_promised_columns_are_there(model: str) -> None:
    [path] = [path for path in MODELS if path.stem == model]
    assert set(PROMISED[model].split()) - {column["name"] for column in described(path)["columns"]} == set()


@pytest.mark.parametrize(
    "model",
    [path for path in MODELS if path.parent.name in {"core", "features", "labels", "finance", "ops"} and "marts" in path.parts],
    ids=lambda path: path.stem,
)
def test_contracts_name_every_type(model: Path) -> None:
    assert all("data_type" in column for column in described(model)["columns"])


def test_incremental_models_filter_what_they_read_and_take_no_variables() -> None:
    for model in MODELS:
        sql = model.read_text(encoding="utf-8")
        assert "var(" not in sql
        filters = ("is_affected(", "current_lines(", "days_fetched(")
        assert "'increment'" not in sql or any(name in sql for name in filters), model.stem
        assert "is_affected(" not in sql or "'increment'" in sql, model.stem


def test_every_raw_table_is_a_fresh_source_that_a_staging_model_reads() -> None:
    sources = {
        f"{source['name']}.{table['name']}": table.get("config", {})
        for path in (PROJECT / "models" / "staging").rglob("_*__sources.yml")
        for source in yaml.safe_load(path.read_text(encoding="utf-8"))["sources"]
        for table in source["tables"]
    }
    staging = "".join(path.read_text(encoding="utf-8") for path in MODELS if path.stem.startswith("stg_"))
    for table in TABLES:
        schema, name = table.split(".")
        assert {"freshness", "loaded_at_query"} <= sources[table].keys(), table
        assert f"'{schema}/{name}'" in sources[table]["loaded_at_query"]
        assert sources[table]["meta"]["dagster"]["asset_key"] == [schema, name]
        assert f"source('{schema}', '{name}')" in staging, table


@pytest.mark.parametrize("layout", REPORT_TYPES.values(), ids=lambda layout: layout.report_type)
def test_staging_holds_every_column_of_a_report(layout: ReportType) -> None:
    stem = layout.report_type.rpartition("_")[0]
    [path] = [path for path in MODELS if path.stem == f"stg_reporting__{stem}"]
    columns = {column["name"] for column in described(path)["columns"]}
    assert {RENAMED.get(name, name) for name in (*layout.dimensions, *layout.metrics)} <= columns


def test_report_codes_are_unique() -> None:
    lines = (PROJECT / "seeds" / "report_codes.csv").read_text(encoding="utf-8").splitlines()[1:]
    codes = [tuple(line.split(",")[:2]) for line in lines]
    assert len(codes) == len(set(codes))


def test_dbt_is_no_python_package() -> None:
    """An __init__.py would hide dbt-core's own package; so would these folders hide its modules."""
    assert not list(PROJECT.rglob("__init__.py"))
    assert not {path.name for path in PROJECT.iterdir()} & {"adapters", "cli", "config"}


def test_stop_words_are_in_the_form_of_topic_words() -> None:
    words = [
        line.split(",")[0] for line in (PROJECT / "seeds" / "topic_stop_words.csv").read_text(encoding="utf-8").splitlines()[1:]
    ]
    assert [word for word in words if word != word.lower().strip() or not word] == []
    assert len(words) == len(set(words))
