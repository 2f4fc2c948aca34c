"""What each model predicts, from what, and how it is judged. Plain typed values: no configuration files, no heavy import."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from core.errors import UnknownName
from core.pictures import MEASURES
from features.codec import Input, Scale
from features.meanings import SIMILARITY
from features.readings import CODES, NOW, PAST
from features.scripts import SCRIPT_COLUMNS
from features.texts import TITLE_COLUMNS, TITLE_MEASURES
from features.transforms import THUMBNAIL_FEATURES

CHAMPION = "champion"
"""Alias of the version in use, in the model registry."""

OUTPUT = "score"
"""Name of every exported program's one output: a probability or a rate."""

AGE_BANDS_HOURS = (12, 24, 36, 48, 72, 96, 120, 168)
"""Upper ends of the age bands within which growth is compared: an hour-old and a week-old video grow at different speeds."""


class Task(StrEnum):
    """What kind of thing is predicted."""

    CHANCE = "chance"
    """The chance of an event that happens or does not."""
    RATE = "rate"
    """A rate between 0 and 1, such as a click-through rate."""


class Baseline(StrEnum):
    """The simple rule that a network has to beat; see `training.networks.baselines`."""

    AGE_CATEGORY_RATE = "share of breakouts among training rows of the same age band and category"
    BASE_RATE = "share of positives among training rows"
    RECENT_RATE = "the channel's own rate over its last twenty videos"


@dataclass(frozen=True)
class Minimum:
    """Fewest rows of each part with which a challenger is worth training."""

    train: int
    valid: int
    test: int
    positives: int
    """Fewest rows of each class, in each part."""


@dataclass(frozen=True)
class ModelSpec:
    """One model: its labels, inputs, baseline and metric."""

    name: str
    question: str
    task: Task
    label_table: str
    label_columns: tuple[str, ...]
    """Read beside `event_timestamp` and `known_at`."""
    target_column: str | None
    """The label column to predict; None for a breakout, which depends on the training part (`training.labels`)."""
    label_length: timedelta
    """How long an outcome is watched: the embargo between two parts."""
    watched_from: str | None
    """Label column with the first Pacific day that was watched; None: from the event on."""
    asked_after: timedelta
    """How long after the event features are asked for. A reading is known only when the day's last chart has been fetched,
    moments after the first; a draft is scored before it is published."""
    feature_service: str
    join_key: str
    request_columns: tuple[tuple[str, str], ...]
    """Request values of the feature service, each with the label column that holds it."""
    inputs: tuple[Input, ...]
    cluster: str
    """Rows with one value of this column are kept in one part and resampled together."""
    within: str | None
    """Scores are only compared between rows with one value of this column."""
    primary_metric: str
    baseline: Baseline
    baseline_inputs: tuple[str, ...]
    rules: tuple[tuple[str, str, int], ...]
    """Further simple rules shown beside the model: name, input, sign."""
    minimum: Minimum
    batch_rows: int
    epochs: int
    earlier_services: tuple[str, ...] = ()
    """Services of versions that may still be in use: datasets hold their features too, so that a champion is judged by what it
    is served."""


_CHANNEL_INPUTS = (
    Input("subscribers_count", Scale.LOG),
    Input("uploads_28d_count", Scale.LOG),
    Input("charting_videos_28d_count", Scale.LOG),
    Input("median_views_20", Scale.LOG),
    Input("average_view_pct_20"),
    Input("ctr_20"),
    Input("like_rate_20"),
)
_OWN_VIDEO = ("video_id", "channel_id", "title", "script", "category_id", "duration_seconds", "published_at", "first_on")
_DRAFT_REQUEST = (
    ("title", "title"),
    ("script", "script"),
    ("duration_seconds", "duration_seconds"),
    ("category_id", "category_id"),
    ("publish_at", "published_at"),
)
_THUMBNAIL_REQUEST = tuple((measure, f"thumbnail_{measure}") for measure in MEASURES)
_TITLE_INPUTS = (*(Input(name) for name in TITLE_MEASURES if name != "title_scripts"), Input("title_markers"))
"""Of the title's columns those that tell of its form. Language, writing system, kinds of words and the directions of its meaning,
and of the script's, tell a few channels apart, and of a few dozen videos a model learns them by heart; the feature services hold
them for those who have more."""
_SCRIPT_LOGS = ("script_characters", "script_words", "script_sentences", "script_lines")
_SCRIPT_INPUTS = (
    *(Input(name, Scale.LOG if name in _SCRIPT_LOGS else Scale.PLAIN) for name in SCRIPT_COLUMNS),
    Input(SIMILARITY),
)
"""How a draft is said. Of the quality model alone: who clicks has not heard the script."""
_DRAFT_INPUTS = (
    Input("draft_seconds", Scale.LOG),
    Input("draft_category_id", Scale.CATEGORY),
    *_TITLE_INPUTS,
    Input("publish_hour_sin"),
    Input("publish_hour_cos"),
    Input("publish_dow", Scale.CATEGORY),
    Input("publish_is_weekend"),
)

_HOURS = ("age_hours", "hours_", "first_age", "last_gap", "longest_gap", "half_life", "ago_", "gap_", "music_age", "gaming_age")
_SERIES_LOGS = (
    *_HOURS,
    "other_age",
    "readings",
    "countries",
    "most_countries",
    "mean_countries",
    "title_characters",
    "title_letters",
)
"""Beginnings of the names of readings' inputs that are of many magnitudes; most of the others are logarithms already."""


def _of_readings(name: str) -> Input:
    if name in (*CODES, "published_weekday", "now_weekday", "age_band"):
        return Input(name, Scale.CATEGORY)
    is_log = name.startswith(_SERIES_LOGS) and not name.startswith(("countries_change", "countries_since", "countries_trend"))
    return Input(name, Scale.LOG if is_log else Scale.PLAIN)


_MARKET_INPUTS = (
    Input("chart_best_rank", Scale.LOG),
    Input("chart_videos_count", Scale.LOG),
    Input("niche_videos_count", Scale.LOG),
    Input("niche_channels_count", Scale.LOG),
    Input("niche_new_videos_count", Scale.LOG),
    Input("niche_median_views", Scale.LOG),
    Input("niche_median_age_hours", Scale.LOG),
    Input("niche_median_views_per_hour", Scale.LOG),
    Input("niche_videos_share"),
    Input("niche_views_share"),
    Input("niche_views_place"),
    Input("niche_pace_place"),
    Input("niche_views_ratio"),
    Input("channel_charting_today_count", Scale.LOG),
    Input("channel_most_views_today", Scale.LOG),
    Input("channel_subscribers_count", Scale.LOG),
    Input("channel_uploads_28d_count", Scale.LOG),
    Input("channel_charting_28d_count", Scale.LOG),
    Input("channel_median_views_20", Scale.LOG),
    Input("channel_like_rate_20"),
    Input("channel_views_ratio"),
)

TREND = ModelSpec(
    name="trend",
    question="Will a charting video's views grow, within 48 hours, as only a tenth of videos of its age do?",
    task=Task.CHANCE,
    label_table="labels.lbl_video__growth_48h",
    label_columns=("video_id", "age_band", "growth_48h", "is_observed"),
    target_column=None,
    label_length=timedelta(hours=48),
    watched_from=None,
    asked_after=timedelta(hours=1),
    feature_service="trend_v2",
    join_key="video_id",
    request_columns=(),
    inputs=(
        *(_of_readings(name) for name in (*NOW, *PAST, *TITLE_COLUMNS) if name != "category"),
        Input("views", Scale.LOG),
        Input("growth_previous_48h"),
        Input("category_id", Scale.CATEGORY),
        *_MARKET_INPUTS,
    ),
    cluster="video_id",
    within=None,
    primary_metric="average_precision",
    baseline=Baseline.AGE_CATEGORY_RATE,
    baseline_inputs=("age_hours", "category_id"),
    rules=(("last growth", "growth_previous_48h", 1),),
    minimum=Minimum(train=500, valid=100, test=100, positives=5),
    batch_rows=512,
    epochs=16,
    earlier_services=("trend_v1",),
)

QUALITY = ModelSpec(
    name="quality",
    question="Will a draft hold its viewers longer than the median of its channel's last videos?",
    task=Task.CHANCE,
    label_table="labels.lbl_video__retention",
    label_columns=(*_OWN_VIDEO, "is_above_median"),
    target_column="is_above_median",
    label_length=timedelta(days=7),
    watched_from="first_on",
    asked_after=timedelta(0),
    feature_service="quality_v2",
    join_key="channel_id",
    request_columns=_DRAFT_REQUEST,
    inputs=_CHANNEL_INPUTS + _DRAFT_INPUTS + _SCRIPT_INPUTS,
    cluster="video_id",
    within=None,
    primary_metric="auc",
    baseline=Baseline.BASE_RATE,
    baseline_inputs=(),
    rules=(("longer title", "title_characters", 1), ("shorter video", "draft_seconds", -1)),
    minimum=Minimum(train=40, valid=10, test=10, positives=3),
    batch_rows=32,
    epochs=40,
    earlier_services=("quality_v1",),
)

CTR = ModelSpec(
    name="ctr",
    question="Which share of the viewers who see a draft's thumbnail and title will click?",
    task=Task.RATE,
    label_table="labels.lbl_video__ctr",
    label_columns=(*_OWN_VIDEO, *(column for _, column in _THUMBNAIL_REQUEST), "ctr"),
    target_column="ctr",
    label_length=timedelta(days=7),
    watched_from="first_on",
    asked_after=timedelta(0),
    feature_service="ctr_v2",
    join_key="channel_id",
    request_columns=_DRAFT_REQUEST + _THUMBNAIL_REQUEST,
    inputs=_CHANNEL_INPUTS + _DRAFT_INPUTS + tuple(map(Input, THUMBNAIL_FEATURES)),
    cluster="video_id",
    within="channel_id",
    primary_metric="pairwise_accuracy",
    baseline=Baseline.RECENT_RATE,
    baseline_inputs=("ctr_20",),
    rules=(("longer title", "title_characters", 1), ("shorter title", "title_characters", -1)),
    minimum=Minimum(train=40, valid=10, test=10, positives=0),
    batch_rows=32,
    epochs=40,
    earlier_services=("ctr_v1",),
)
MODELS: dict[str, ModelSpec] = {spec.name: spec for spec in (TREND, QUALITY, CTR)}
"""Every model by its registered name."""


def model_spec(name: str) -> ModelSpec:
    """Look a model up. Raises UnknownName."""
    try:
        return MODELS[name]
    except KeyError:
        raise UnknownName(f"There is no model {name!r}.", f"Known models: {', '.join(MODELS)}.") from None
