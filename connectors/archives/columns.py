"""What headings mean, whoever wrote them: our name of a column and the type of its cells."""

from __future__ import annotations

from dataclasses import dataclass

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
    PRICE,
    SIGNED,
    TAGS,
    TEXT,
    VIDEO_ID,
    Type,
)
from connectors.archives.headings import Heading


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
_STUDIO = named(
    (VIDEO_ID, "content > video id, video > video id"),
    (TEXT, f"video title > title, {_DIMENSIONS}"),
    (DAY, "video publish time > published on"),
    (OBSERVED_DAY, "date > on date"),
    (DURATION, "duration, video duration > duration, average view duration"),
    (COUNT, "id > row number, views, engaged views, impressions, feed impressions, shown in feed > feed impressions"),
    (COUNT, "subscribers gained, new subscribers > subscribers gained, subscribers lost, unsubscribes > subscribers lost"),
    (COUNT, "post subscribers, subscribers from posts"),
    # What people take back is counted against the video: these may fall below zero.
    (SIGNED, "subscribers, likes, dislikes, shares, comments added, new comments > comments added, hypes, hype points"),
    (COUNT, "youtube premium views, clip views, playlist views, remix views, remix count, reactions, chat messages count"),
    (COUNT, "monetized playbacks, estimated monetized playbacks > monetized playbacks, ad impressions, transactions, orders"),
    (COUNT, "monetized playbacks estimate > monetized playbacks, reminders set, end screen impressions, end screen clicks"),
    (COUNT, "end screen elements shown, end screen element clicks, teaser impressions, teaser clicks, card impressions"),
    (COUNT, "card clicks, cards shown, card teasers shown, card teaser clicks, added to playlist, playlist starts, saves"),
    (PEOPLE, "unique viewers, new viewers, returning viewers, casual viewers, regular viewers"),
    (DECIMAL, "average views per viewer, average views per user > average views per viewer, views per playlist start"),
    (PERCENT, "average percentage viewed, average view percentage > average percentage viewed, likes vs dislikes"),
    (PERCENT, "like rate > likes vs dislikes, stayed to watch, viewed vs swiped away > stayed to watch"),
    (PERCENT, "watched not skipped > stayed to watch, impressions click through rate, end screen click through rate"),
    (PERCENT, "video thumbnail ctr > impressions click through rate, teaser click through rate, card click through rate"),
    (PERCENT, "clicks per card shown, clicks per card teaser shown, clicks per end screen element shown"),
    (AMOUNT, "watch time, youtube premium watch time, clip watch time, playlist watch time"),
    (MICROS, "estimated revenue, your estimated revenue > estimated revenue, estimated adsense revenue, doubleclick revenue"),
    (MICROS, "youtube ads revenue, watch page ads revenue, youtube premium, transaction revenue, revenue from transactions"),
    (MICROS, "returned items, unconfirmed commissions, approved commissions, total sales volume"),
    (PRICE, "rpm, revenue per 1000 views > rpm, cpm, playback based cpm"),
)
_NOT_METRICS = {"video_id", "title", "published_on", "on_date", "duration_seconds", "row_number"}

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
    column = _STUDIO.get(heading.name)
    if column is None or "{unit}" not in column.name:
        return column
    is_money = column.type is not AMOUNT
    if heading.unit and (len(heading.unit) == 3 and heading.unit != "pct") == is_money:
        return Column(column.name.format(unit=heading.unit), column.type)
    return None
