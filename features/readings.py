"""What a model may know of a charting video from its readings: counts now and before, rates, accelerations, growth by age, ratios
and their drift, countries, gaps, time of day and week, length, category, title. Pure functions of one request per row: the trend
model's training, its predictions and its Feast view read them here. No file, no task, nothing fitted.

A request has the columns of REQUEST. `history` tells the earlier readings and the present one, oldest first, as
`fetched_at|views|likes|comments|n_countries;…`; readings after the present one are not looked at. Counts below zero are unknown,
and no likes or no comments mean hidden more often than none: both are unknown in ratios."""

from __future__ import annotations

import math

import polars as pl

from features.texts import TITLE_COLUMNS, title_columns

MOMENT = pl.Datetime("us", "UTC")

REQUEST = {
    "fetched_at": MOMENT,
    "published_at": MOMENT,
    "views": pl.Int64,
    "likes": pl.Int64,
    "comments": pl.Int64,
    "n_countries": pl.Int64,
    "title": pl.String,
    "category_id": pl.Int64,
    "duration": pl.Int64,
    "history": pl.String,
}
"""What is read of a request. `duration` in seconds. Any number type will do for counts."""

AGE_BANDS = (12.0, 24.0, 36.0, 48.0, 72.0, 96.0, 120.0, 168.0)
"""Ends of the bands of age, in hours, within which growth is compared."""

_COUNTS = ("views", "likes", "comments", "n_countries")
_LAGS = (1, 2, 3, 4, 5, 6)
_MARKS = (12, 24, 36, 48, 72, 96, 120)
_GROWN = ((0, 24), (24, 36), (36, 48), (48, 72), (72, 96), (96, 120), (120, 168))
_LONGEST = 30
"""Earlier readings that are looked at: four weeks of daily ones."""
_MOST = 1e15
"""Counts above it are none."""
_AT_ONCE = 50_000
"""Requests that are measured at once: their series take a hundred columns for a while."""
_STEP_HOURS = 0.5
"""Readings nearer than this to each other tell no rate."""

NOW = (
    "age_hours",
    "log_age",
    "age_band",
    "age_of_day",
    "log_views",
    "log_likes",
    "log_comments",
    "countries",
    "log_countries",
    "log_views_per_hour",
    "log_views_per_country",
    "like_rate",
    "comment_rate",
    "comments_per_like",
    "likes_hidden",
    "comments_hidden",
    "views_below_thousand",
    "published_hour",
    "published_hour_sin",
    "published_hour_cos",
    "published_minute",
    "published_on_the_hour",
    "published_weekday",
    "published_weekend",
    "now_hour",
    "now_weekday",
    "now_weekend",
    "hours_to_weekend",
    "weekend_hours_lived",
    "weekend_hours_ahead",
    "log_duration",
    "is_short",
    "is_hour_long",
    "duration_unknown",
    "category",
    "is_music",
    "is_gaming",
    "is_film",
    "music_age",
    "gaming_age",
    "other_age",
    "music_views_per_hour",
    "gaming_views_per_hour",
)
"""Told by the present reading and the metadata alone."""

_PAST = (
    "readings",
    "hours_charted",
    "first_age",
    "first_log_views",
    "first_countries",
    "days_missed",
    "longest_gap",
    "last_gap",
    "most_countries",
    "mean_countries",
    "countries_since_first",
    "countries_since_most",
    "days_at_most_countries",
    "countries_trend",
    "log_growth_since_first",
    "growth_since_first",
    "exponent_since_first",
    "exponent_fitted",
    "exponent_bend",
    "views_fell",
    "fastest_growth",
    "slowest_growth",
    "growth_against_fastest",
    "fastest_velocity",
    "velocity_against_fastest",
    "hours_since_fastest",
    "velocity_against_life",
    "momentum",
    "jerk",
    "ahead_linear",
    "ahead_power",
    "ahead_power_fitted",
    "ahead_decay",
    "ahead_blend",
    "half_life",
    "like_rate_drift",
    "comment_rate_drift",
    "like_rate_since_first",
    "comment_rate_since_first",
    "like_exponent",
    "comment_exponent",
    "like_growth_against_views",
    "comment_growth_against_views",
    "music_growth",
    "gaming_growth",
    "other_growth",
)
_BY_LAG = (
    "ago",
    "gap",
    "log_views",
    "log_growth",
    "growth",
    "velocity",
    "exponent",
    "like_growth",
    "like_rate",
    "new_like_rate",
    "comment_growth",
    "comment_rate",
    "countries",
    "countries_change",
)
_OF_READING = frozenset({"ago", "log_views", "like_rate", "comment_rate", "countries"})
"""Of these, what belongs to one reading; the others to a step between two."""
_BY_STEP = ("acceleration", "velocity_change", "exponent_change")
PAST = (
    *_PAST,
    *(f"{name}_{lag}" for lag in _LAGS for name in _BY_LAG if lag <= 4 or name in {"ago", "log_growth", "growth", "exponent"}),
    *(f"{name}_{lag}" for lag in (1, 2, 3) for name in _BY_STEP),
    *(f"growth_at_{begin}_{end}" for begin, end in _GROWN),
    *(f"log_views_at_{mark}" for mark in _MARKS),
    *(f"growth_from_{mark}" for mark in _MARKS),
)
"""Told by the readings before the present one; unknown at a first reading, except for counts of them."""

FIRST_COLUMNS = (*NOW, *TITLE_COLUMNS)
"""What `first_columns` gives, in order."""
TREND_COLUMNS = (*NOW, *PAST, *TITLE_COLUMNS)
"""What `trend_columns` gives, in order."""
CODES = ("category", "title_language")
"""Columns of them that hold codes without an order."""


def trend_columns(requests: pl.DataFrame) -> pl.DataFrame:
    """Everything of each request: one Float32 column of each of TREND_COLUMNS; what is unknown is null.

    Growth is the natural logarithm of a ratio of views, per day; rates are logarithms of ratios; `ahead_…` are simple forecasts
    of the growth within the next 48 hours; `exponent_…` are d ln(views) / d ln(age)."""
    pieces = [_numbers(piece) for piece in requests.iter_slices(_AT_ONCE)] or [_numbers(requests)]
    return pl.concat([pl.concat(pieces), _titles(requests["title"])], how="horizontal")


def first_columns(requests: pl.DataFrame) -> pl.DataFrame:
    """What the present reading alone tells: one Float32 column of each of FIRST_COLUMNS."""
    return pl.concat([_now(requests).select(NOW), _titles(requests["title"])], how="horizontal").cast(pl.Float32)


def age_hours(requests: pl.DataFrame) -> pl.Series:
    """Hours from publication to the reading; below zero counts as none, unknown is null."""
    seconds = (pl.col("fetched_at") - pl.col("published_at")).dt.total_seconds()
    return requests.select((seconds / 3600).clip(0).alias("age_hours")).to_series()


def age_band(age: pl.Series, ends: tuple[float, ...] = AGE_BANDS) -> pl.Series:
    """Place of the band of age that each row is in: the first that ends later, the last for older ones; unknown is null."""
    bands = pl.sum_horizontal((pl.col("age") >= end).cast(pl.Int32) for end in ends[:-1])
    return pl.DataFrame({"age": age}).select(pl.when(pl.col("age").is_not_null()).then(bands).alias("age_band")).to_series()


def told(history: pl.Series) -> pl.DataFrame:
    """Read histories: one row per reading that can be read, with its request's place `row`, oldest first as written."""
    cells = (
        pl.DataFrame({"row": pl.int_range(len(history), dtype=pl.UInt32, eager=True), "cell": history.cast(pl.String)})
        .with_columns(pl.col("cell").str.split(";"))
        .explode("cell")
        .drop_nulls("cell")
        .with_columns(
            pl.col("cell").str.strip_chars().str.replace(" ", "T").str.split_exact("|", 4).struct.rename_fields(["at", *_COUNTS])
        )
        .unnest("cell")
    )
    return cells.select(
        "row",
        fetched_at=pl.col("at").str.to_datetime("%Y-%m-%dT%H:%M:%S%#z", time_unit="us", time_zone="UTC", strict=False),
        **{name: pl.col(name).cast(pl.Float64, strict=False) for name in _COUNTS},
    ).drop_nulls("fetched_at")


def _numbers(requests: pl.DataFrame) -> pl.DataFrame:
    now = _now(requests)
    past = _past(_series(requests, now), now)
    return pl.concat([now.select(NOW), past.select(PAST)], how="horizontal").cast(pl.Float32)


def _now(requests: pl.DataFrame) -> pl.DataFrame:
    age = pl.col("age_hours")
    fetched, published = pl.col("fetched_at"), pl.col("published_at")
    frame = requests.select(
        *(pl.col(name).cast(MOMENT) for name in ("fetched_at", "published_at")),
        *(_count(name) for name in _COUNTS),
        age_hours(requests),
        category=pl.col("category_id").cast(pl.Float64).clip(0, 1_000),
        duration=_count("duration"),
    ).with_columns(log_age=(age + 1).log(), age_band=age_band(age_hours(requests)))
    hour = published.dt.hour() + published.dt.minute() / 60
    into_week = (fetched.dt.weekday() - 1) * 24.0 + fetched.dt.hour()
    known_likes, known_comments = _known("likes"), _known("comments")
    frame = frame.with_columns(
        age_of_day=age % 24,
        log_views=(pl.col("views") + 1).log(),
        log_likes=(known_likes + 1).log(),
        log_comments=(known_comments + 1).log(),
        countries=pl.col("n_countries"),
        log_countries=(pl.col("n_countries") + 1).log(),
        like_rate=_ratio(known_likes, pl.col("views")),
        comment_rate=_ratio(known_comments, pl.col("views")),
        comments_per_like=_ratio(known_comments, known_likes),
        likes_hidden=known_likes.is_null(),
        comments_hidden=known_comments.is_null(),
        views_below_thousand=pl.col("views") < 1_000,
        published_hour=hour,
        published_hour_sin=(hour * math.pi / 12).sin(),
        published_hour_cos=(hour * math.pi / 12).cos(),
        published_minute=published.dt.minute(),
        published_on_the_hour=(published.dt.minute() % 15 == 0) & (published.dt.second() < 30),
        published_weekday=published.dt.weekday(),
        published_weekend=published.dt.weekday() >= 6,
        now_hour=fetched.dt.hour() + fetched.dt.minute() / 60,
        now_weekday=fetched.dt.weekday(),
        now_weekend=fetched.dt.weekday() >= 6,
        hours_to_weekend=(120.0 - into_week).clip(0),
        # Of the hours since publication, and of the 48 ahead, those of a Saturday or Sunday.
        weekend_hours_lived=_weekend_hours(into_week - age.clip(0, 168), into_week),
        weekend_hours_ahead=_weekend_hours(into_week, into_week + 48),
        log_duration=(pl.col("duration") + 1).log(),
        is_short=pl.col("duration") <= 180,
        is_hour_long=pl.col("duration") >= 3_600,
        duration_unknown=pl.col("duration").fill_null(0) <= 0,
        is_music=pl.col("category") == 10,
        is_gaming=pl.col("category") == 20,
        is_film=pl.col("category").is_in([1.0, 24.0, 30.0, 43.0, 44.0]),
    ).with_columns(
        log_views_per_hour=pl.col("log_views") - pl.col("log_age"),
        log_views_per_country=pl.col("log_views") - pl.col("log_countries"),
    )
    is_other = ~(pl.col("is_music") | pl.col("is_gaming"))
    return frame.with_columns(
        music_age=_where("is_music", "age_hours"),
        gaming_age=_where("is_gaming", "age_hours"),
        other_age=pl.when(is_other).then(age),
        music_views_per_hour=_where("is_music", "log_views_per_hour"),
        gaming_views_per_hour=_where("is_gaming", "log_views_per_hour"),
    )


def _series(requests: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """Every request's readings, the present one first: `row`, hours `ago`, hours of `age` and counts."""
    rows = pl.int_range(len(requests), dtype=pl.UInt32, eager=True)
    present = now.select(pl.Series("row", rows), "fetched_at", *_COUNTS)
    moments = present.select("row", now="fetched_at", published=now["published_at"])
    earlier = told(requests["history"]).join(moments, on="row", how="left").filter(pl.col("fetched_at") < pl.col("now"))
    every = pl.concat([present, earlier.select("row", "fetched_at", *(_count(name) for name in _COUNTS))]).join(moments, on="row")
    return (
        every.with_columns(
            ago=((pl.col("now") - pl.col("fetched_at")).dt.total_seconds() / 3600).fill_null(0),
            age=((pl.col("fetched_at") - pl.col("published")).dt.total_seconds() / 3600).clip(0),
        )
        .unique(["row", "ago"], keep="first", maintain_order=True)
        .sort("row", "ago", maintain_order=True)
        .filter(pl.int_range(pl.len()).over("row") <= _LONGEST)
        .select("row", "ago", "age", *_COUNTS)
    )


def _past(series: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    series = series.with_columns(
        log_views=(pl.col("views") + 1).log(),
        log_age=(pl.col("age") + 1).log(),
        like_rate=_ratio(_known("likes"), pl.col("views")),
        comment_rate=_ratio(_known("comments"), pl.col("views")),
        log_likes=(_known("likes") + 1).log(),
        log_comments=(_known("comments") + 1).log(),
    )
    # The step from the reading before (the next row, which is older) to this one.
    before = {name: pl.col(name).shift(-1).over("row") for name in series.columns if name != "row"}
    gap = before["ago"] - pl.col("ago")
    series = (
        series.with_columns(gap=pl.when(gap >= _STEP_HOURS).then(gap))
        .with_columns(
            log_growth=pl.col("log_views") - before["log_views"],
            like_growth=pl.col("log_likes") - before["log_likes"],
            comment_growth=pl.col("log_comments") - before["log_comments"],
            new_views=(pl.col("views") - before["views"]).clip(0),
            new_like_rate=_ratio(
                (_known("likes") - before["likes"]).clip(0) + 0.5, (pl.col("views") - before["views"]).clip(0) + 1
            ),
            countries_change=pl.col("n_countries") - before["n_countries"],
            log_age_step=(pl.col("log_age") - before["log_age"]),
            middle=pl.col("age") - pl.col("gap") / 2,
            log_age_before=before["log_age"],
            log_views_before=before["log_views"],
            age_before=before["age"],
        )
        .with_columns(
            growth=pl.col("log_growth") * 24 / pl.col("gap"),
            like_growth=pl.col("like_growth") * 24 / pl.col("gap"),
            comment_growth=pl.col("comment_growth") * 24 / pl.col("gap"),
            velocity=(pl.col("new_views") / pl.col("gap") + 1).log(),
            exponent=_divided(pl.col("log_growth"), pl.col("log_age_step")),
        )
    )
    lists = dict.fromkeys(("n_countries", *(name for name in _BY_LAG if name in series.columns)))
    x, y = pl.col("log_age"), pl.col("log_views")
    fitted = pl.cov(x, y) / x.var()
    by_row = series.group_by("row", maintain_order=True).agg(
        *(pl.col(name) for name in lists),
        readings=pl.len(),
        hours_charted=pl.col("ago").max(),
        first_age=pl.col("age").last(),
        first_log_views=y.last(),
        first_countries=pl.col("n_countries").last(),
        first_like_rate=pl.col("like_rate").last(),
        first_comment_rate=pl.col("comment_rate").last(),
        first_log_age=x.last(),
        longest_gap=pl.col("gap").max(),
        most_countries=pl.col("n_countries").max(),
        mean_countries=pl.col("n_countries").mean(),
        days_at_most_countries=(pl.col("n_countries") == pl.col("n_countries").max()).sum(),
        countries_trend=pl.cov("ago", "n_countries") / pl.col("ago").var() * -24,
        exponent_fitted=pl.when((pl.len() >= 3) & (x.var() > 1e-6)).then(fitted),
        views_fell=(pl.col("log_growth") < 0).sum(),
        fastest_growth=pl.col("growth").max(),
        slowest_growth=pl.col("growth").min(),
        fastest_velocity=pl.col("velocity").max(),
        hours_since_fastest=pl.col("ago").sort_by("velocity", descending=True, nulls_last=True).first(),
        **{
            f"growth_at_{begin}_{end}": pl.col("growth").filter((pl.col("middle") >= begin) & (pl.col("middle") < end)).mean()
            for begin, end in _GROWN
        },
        **{f"log_views_at_{mark}": _at(mark) for mark in _MARKS},
    )
    frame = pl.concat([by_row, now.select("log_age", "age_hours", "is_music", "is_gaming")], how="horizontal")
    frame = frame.with_columns(
        *(
            # What belongs to a step stands beside its younger reading: step 1 leads to the present one.
            pl.col("n_countries" if name == "countries" else name)
            .list.get(lag if name in _OF_READING else lag - 1, null_on_oob=True)
            .alias(f"{name}_{lag}")
            for lag in _LAGS
            for name in _BY_LAG
        )
    )
    frame = frame.with_columns(
        log_growth_since=_LOG_VIEWS_NOW - pl.col("first_log_views"),
        **{f"log_growth_{lag}": _LOG_VIEWS_NOW - pl.col(f"log_views_{lag}") for lag in _LAGS},
    )
    return _told_of_past(frame)


_LOG_VIEWS_NOW = pl.col("log_views").list.first()


def _told_of_past(frame: pl.DataFrame) -> pl.DataFrame:
    several = pl.col("readings") > 1
    age, log_age = pl.col("age_hours"), pl.col("log_age")
    log_ahead = ((age + 49) / (age + 1)).log()
    half = pl.col("velocity_1") - pl.col("velocity_2")
    # New views per hour at the last rate, as a share of the views now; and how that rate changes in a day.
    share = (pl.col("velocity_1") - _LOG_VIEWS_NOW).exp()
    change = (half * 24 / ((pl.col("gap_1") + pl.col("gap_2")) / 2)).clip(-2.0, 1.0)
    frame = frame.with_columns(
        days_missed=(pl.col("hours_charted") / 24).round() + 1 - pl.col("readings"),
        last_gap=pl.col("gap_1"),
        countries_now=pl.col("n_countries").list.first(),
        like_rate_now=pl.col("like_rate").list.first(),
        comment_rate_now=pl.col("comment_rate").list.first(),
        momentum=half,
        ahead_linear=(1 + share * 48).log(),
        ahead_power=(pl.col("exponent_1") * log_ahead).clip(-1, 12),
        ahead_power_fitted=(pl.col("exponent_fitted") * log_ahead).clip(-1, 12),
        # The day after next as the day ahead, each a factor of exp(change) away from the one before.
        ahead_decay=(1 + share * 24 * (change.exp() + (2 * change).exp())).log(),
        half_life=pl.when(change < -0.02).then((math.log(2) * -24 / change).clip(0, 2_000)).otherwise(pl.lit(None)),
    )
    first = pl.col("log_growth_since")
    since = pl.when(several & (pl.col("hours_charted") >= _STEP_HOURS)).then(pl.col("hours_charted"))
    is_other = ~(pl.col("is_music") | pl.col("is_gaming"))
    return frame.with_columns(
        countries_since_first=pl.col("countries_now") - pl.col("first_countries"),
        countries_since_most=pl.col("countries_now") - pl.col("most_countries"),
        log_growth_since_first=pl.when(several).then(first),
        growth_since_first=first * 24 / since,
        exponent_since_first=pl.when(several).then(_divided(first, log_age - pl.col("first_log_age"))),
        exponent_bend=pl.col("exponent_1") - pl.col("exponent_fitted"),
        growth_against_fastest=pl.col("growth_1") - pl.col("fastest_growth"),
        velocity_against_fastest=pl.col("velocity_1") - pl.col("fastest_velocity"),
        velocity_against_life=pl.col("velocity_1") - (_LOG_VIEWS_NOW - log_age),
        jerk=(pl.col("growth_1") - 2 * pl.col("growth_2") + pl.col("growth_3")),
        ahead_blend=(pl.col("ahead_linear") + pl.col("ahead_power")) / 2,
        like_rate_drift=pl.col("like_rate_now") - pl.col("like_rate_1"),
        comment_rate_drift=pl.col("comment_rate_now") - pl.col("comment_rate_1"),
        like_rate_since_first=pl.when(several).then(pl.col("like_rate_now") - pl.col("first_like_rate")),
        comment_rate_since_first=pl.when(several).then(pl.col("comment_rate_now") - pl.col("first_comment_rate")),
        like_exponent=_divided(pl.col("like_growth_1"), pl.col("growth_1")),
        comment_exponent=_divided(pl.col("comment_growth_1"), pl.col("growth_1")),
        like_growth_against_views=pl.col("like_growth_1") - pl.col("growth_1"),
        comment_growth_against_views=pl.col("comment_growth_1") - pl.col("growth_1"),
        music_growth=_where("is_music", "growth_1"),
        gaming_growth=_where("is_gaming", "growth_1"),
        other_growth=pl.when(is_other).then(pl.col("growth_1")),
        **{f"acceleration_{lag}": pl.col(f"growth_{lag}") - pl.col(f"growth_{lag + 1}") for lag in (1, 2, 3)},
        **{f"velocity_change_{lag}": pl.col(f"velocity_{lag}") - pl.col(f"velocity_{lag + 1}") for lag in (1, 2, 3)},
        **{f"exponent_change_{lag}": pl.col(f"exponent_{lag}") - pl.col(f"exponent_{lag + 1}") for lag in (1, 2, 3)},
        **{f"growth_from_{mark}": _LOG_VIEWS_NOW - pl.col(f"log_views_at_{mark}") for mark in _MARKS},
    )


def _at(mark: float) -> pl.Expr:
    """Logarithm of the views at an age that lies between two readings: on the line between them, in logarithms."""
    within = (pl.col("age_before") <= mark) & (pl.col("age") >= mark) & (pl.col("age") > pl.col("age_before"))
    part = (math.log(mark + 1) - pl.col("log_age_before")) / (pl.col("log_age") - pl.col("log_age_before"))
    return (pl.col("log_views_before") + part * (pl.col("log_views") - pl.col("log_views_before"))).filter(within).first()


def _titles(titles: pl.Series) -> pl.DataFrame:
    """Title columns, measured once for each title: a video is asked about many times."""
    frame = pl.DataFrame({"title": titles.cast(pl.String).fill_null("")})
    distinct = frame.unique(maintain_order=True)
    measured = pl.concat([distinct, title_columns(distinct["title"])], how="horizontal")
    return frame.join(measured, on="title", how="left", maintain_order="left").select(TITLE_COLUMNS)


def _count(name: str) -> pl.Expr:
    """A count as a number, unknown where it cannot be one."""
    value = pl.col(name).cast(pl.Float64).fill_nan(None)
    return pl.when((value >= 0) & (value <= _MOST)).then(value).alias(name)


def _known(name: str) -> pl.Expr:
    return pl.when(pl.col(name) > 0).then(pl.col(name))


def _ratio(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """Logarithm of a ratio, with a half added to both, so that nothing is endless."""
    return ((part + 0.5) / (whole + 0.5)).log()


def _divided(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    return pl.when(whole.abs() > 1e-3).then((part / whole).clip(-50, 50))


def _where(flag: str, value: str) -> pl.Expr:
    return pl.when(pl.col(flag)).then(pl.col(value))


def _weekend_hours(begin: pl.Expr, end: pl.Expr) -> pl.Expr:
    """Hours of Saturday and Sunday between two hours of the week, which may lie up to a week outside it."""

    def until(hour: pl.Expr) -> pl.Expr:
        return ((hour + 168) / 168).floor() * 48 + ((hour + 168) % 168 - 120).clip(0, 48)

    return until(end) - until(begin)
