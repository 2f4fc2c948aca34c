"""What headings mean, whoever wrote them: our name of a column and the type of its cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from connectors.archives.cells import (
    AMOUNT,
    CHART_DAY,
    COUNT,
    DAY,
    DECIMAL,
    DURATION,
    FLAG,
    MASKED,
    MICROS,
    MOMENT,
    OBSERVED,
    OBSERVED_DAY,
    PEOPLE,
    PERCENT,
    PERIOD_START,
    PRICE,
    SECONDS_IN,
    SIGNED,
    TAGS,
    TEXT,
    VIDEO_ID,
    Type,
    duration_in,
)
from connectors.archives.headings import SHARE, Heading, split_unit


@dataclass(frozen=True)
class Column:
    """A column under our name, which ends in its unit."""

    name: str
    type: Type


def named(*groups: tuple[Type, str]) -> dict[str, Column]:
    """Columns by folded heading. `views, view count > views` are two headings; the second lands under the name of the first."""
    found = {}
    for type_, headings in groups:
        for heading in headings.split(", "):
            folded, _, name = heading.partition(" > ")
            found[folded] = Column((name or folded).replace(" ", "_") + type_.suffix, type_)
    return found


_DIMENSIONS = ", ".join(
    (
        "geography, country, country name, country id, cities, city, traffic source, traffic source type, source type",
        "source title, subscription status, subscription source, viewer age, viewer gender, device type, operating system",
        "playback location, playback type, content type, new and returning viewers, viewer type, sharing service",
        "subtitles and cc, translation use, card, card type, end screen element, end screen element type, video info language",
        "youtube product, revenue source, ad type, transaction type, playlist, post, channel, audience, audio track",
    )
)
# What people take back is counted against a video, and YouTube corrects what it counted: a period's counts may fall below zero.
_STUDIO = named(
    (VIDEO_ID, "content > video id, video > video id"),
    (TEXT, f"video title > title, {_DIMENSIONS}"),
    (DAY, "video publish time > published on"),
    (PERIOD_START, "date > on date, week > on date, month > on date, year > on date"),
    (DURATION, "duration, video duration > duration, average view duration"),
    (COUNT, "id > row number"),
    (SIGNED, "views, engaged views, impressions, feed impressions, shown in feed > feed impressions"),
    (SIGNED, "thumbnail impressions > impressions, video thumbnail impressions > impressions, videos published"),
    (SIGNED, "subscribers gained, new subscribers > subscribers gained, subscribers lost, unsubscribes > subscribers lost"),
    (SIGNED, "post subscribers, subscribers from posts"),
    (SIGNED, "subscribers, likes, dislikes, shares, comments added, new comments > comments added, hypes, hype points"),
    (SIGNED, "youtube premium views, clip views, playlist views, remix views, remix count, reactions, chat messages count"),
    (SIGNED, "monetized playbacks, estimated monetized playbacks > monetized playbacks, ad impressions, transactions, orders"),
    (SIGNED, "monetized playbacks estimate > monetized playbacks, reminders set, end screen impressions, end screen clicks"),
    (SIGNED, "end screen elements shown, end screen element clicks, teaser impressions, teaser clicks, card impressions"),
    (SIGNED, "card clicks, cards shown, card teasers shown, card teaser clicks, added to playlist, playlist starts, saves"),
    (PEOPLE, "unique viewers, new viewers, returning viewers, casual viewers, regular viewers"),
    (DECIMAL, "average views per viewer, average views per user > average views per viewer, views per playlist start"),
    (PERCENT, "average percentage viewed, average view percentage > average percentage viewed, likes vs dislikes"),
    (PERCENT, "like rate > likes vs dislikes, stayed to watch, viewed vs swiped away > stayed to watch"),
    (PERCENT, "watched not skipped > stayed to watch, impressions click through rate, end screen click through rate"),
    (PERCENT, "video thumbnail ctr > impressions click through rate, teaser click through rate, card click through rate"),
    (PERCENT, "thumbnail click through rate > impressions click through rate, thumbnail ctr > impressions click through rate"),
    (PERCENT, "thumbnail impressions click through rate > impressions click through rate"),
    (PERCENT, "click through rate > impressions click through rate, impressions ctr > impressions click through rate"),
    (PERCENT, "ctr > impressions click through rate"),
    (PERCENT, "clicks per card shown, clicks per card teaser shown, clicks per end screen element shown"),
    (AMOUNT, "watch time, youtube premium watch time, clip watch time, playlist watch time"),
    (MICROS, "estimated revenue, your estimated revenue > estimated revenue, estimated adsense revenue, doubleclick revenue"),
    (MICROS, "youtube ads revenue, watch page ads revenue, youtube premium, transaction revenue, revenue from transactions"),
    (MICROS, "returned items, unconfirmed commissions, approved commissions, total sales volume"),
    (PRICE, "rpm, revenue per 1000 views > rpm, cpm, playback based cpm"),
)
_NOT_METRICS = {"video_id", "title", "published_on", "on_date", "duration_seconds", "row_number"}
STEPS = {"week": "week", "month": "month", "year": "year"}
"""Headings that say how long the period is that a row begins."""

STUDIO_DIMENSIONS = tuple(sorted(_DIMENSIONS.split(", ")))
STUDIO_METRICS = tuple(
    sorted(folded for folded, column in _STUDIO.items() if column.type is not TEXT and column.name not in _NOT_METRICS)
)

VIDEO = named(
    (VIDEO_ID, "video id"),
    (
        TEXT,
        "title, localized title, description, channel id, channel title, channel name > channel title, channel > channel title",
    ),
    (TEXT, "category name, category page > chart, published text, thumbnail > thumbnail url, thumbnail link > thumbnail url"),
    (TEXT, "default language, audio language, definition, keyword > search term, snapshot month"),
    (TEXT, "country > region, region, duration raw > duration iso8601"),
    (COUNT, "views, view count > views, likes, like count > likes, dislikes, dislike count > dislikes"),
    (COUNT, "comments, comment count > comments, comment total > comments, category id, tag count, tags count > tag count"),
    (COUNT, "n countries > charting countries, description length, subscribers > channel subscribers"),
    (TAGS, "tags"),
    (DURATION, "duration, video duration > duration, duration iso8601 > duration"),
    (MOMENT, "published at, published date > published at, publish time > published at, published > published at"),
    (OBSERVED, "fetched at > read at, snapshot utc > read at"),
    (CHART_DAY, "trending date > charted on, file date > charted on"),
    (OBSERVED_DAY, "date > read on"),
    (FLAG, "is live, caption available > has captions, licensed content > is licensed, embeddable > is embeddable"),
    (FLAG, "made for kids > is made for kids, verified > is verified, creator on rise > is on rise, is short"),
    (FLAG, "comments disabled > has comments disabled, ratings disabled > has ratings disabled"),
    (FLAG, "video error or removed > is removed, thumbnail exists > has thumbnail, has face > thumbnail has face"),
    (DECIMAL, "object complexity > thumbnail object complexity, element complexity > thumbnail element complexity"),
    (DECIMAL, "brightness > thumbnail brightness, colorfulness > thumbnail colorfulness"),
)

TREND = named(
    (OBSERVED_DAY, "date > on date"),
    (OBSERVED, "as of > read at, created at > listed at"),
    (COUNT, "rank, position, peak volume, tweet volume, points, comments, pageviews, topic page id > page id"),
    (DURATION, "duration > trended"),
    (TEXT, "topic, name > topic, topic title > topic, title, url, location, country > region, description, entity type, domain"),
)

COMMENT = named(
    (MASKED, "comments > text, comment > text, comment text > text, content > text, text"),
    (COUNT, "reply count > replies, like count > likes, likes"),
    (MOMENT, "date > posted at, published at > posted at"),
    (VIDEO_ID, "vid id > video id, video id"),
    (TEXT, "comment id, source video > source"),
)


def studio_column(heading: Heading) -> Column | None:
    """A column of Studio. Of hours and money the heading names the unit; without one they are not known."""
    return column_for(_STUDIO, heading)


def is_known_heading(name: str) -> bool:
    """Whether a folded heading is one that we know, of any exporter that writes English."""
    return name in _KNOWN


def column_for(columns: Mapping[str, Column], heading: Heading) -> Column | None:
    """Our column for a heading, by its name and its unit; None where either is not known.

    A heading in percent over a count or an amount is a share, and has a column of its own: it never stands for the count.
    Durations come in seconds whatever their unit; other units are refused where the column has none."""
    column = columns.get(heading.name)
    if column is None:
        return None
    type_, unit = column.type, heading.unit
    is_share = heading.is_share or (unit == SHARE and type_.suffix != PERCENT.suffix)
    if "{unit}" in column.name:
        is_money = "micros" in type_.suffix
        if unit == SHARE:
            name = column.name.partition("_{unit}")[0]
        elif unit and (unit not in SECONDS_IN) == is_money:
            name = column.name.format(unit=unit)
        else:
            return None
        return Column(name, type_) if not is_share else _share(name) if type_.is_sum else None
    if is_share:
        return _share(column.name) if type_.is_sum or type_ is PEOPLE else None
    if unit in ("", SHARE):
        return column
    return replace(column, type=duration_in(unit)) if type_.suffix == DURATION.suffix and unit in SECONDS_IN else None


def _share(name: str) -> Column:
    return Column(f"{name}_share{PERCENT.suffix}", PERCENT)


def with_units(headings: Sequence[Heading]) -> tuple[Heading, ...]:
    """Headings whose unit is their last word (`duration_minutes`, `views_pct`) with the unit apart, where the rest is known."""
    return tuple(map(_with_unit, headings))


def _with_unit(heading: Heading) -> Heading:
    if heading.unit or heading.name in _KNOWN or (parts := split_unit(heading.name)) is None:
        return heading
    name, unit = parts
    apart = replace(heading, name=name, unit=unit)
    return apart if any(column_for(columns, apart) is not None for columns in (_STUDIO, VIDEO)) else heading


_KNOWN = frozenset().union(_STUDIO, VIDEO, TREND, COMMENT)
