"""What one row of each raw table looks like: its key, and the fields that the warehouse builds on.

`connectors.sift` refuses rows that look different before they land, and voids doubtful values; `connectors.checks` looks at
landings as a whole. Fields that are not named here are kept as they come. How tables relate is said by dbt's data tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from connectors.youtube.report_types import FREE_TEXT, MAY_BE_EMPTY, METRICS, REPORT_TYPES, ReportType, Unit

REGION = "US|GB|CA|AU|IN"
VIDEO_ID = r"[\w-]{6,64}"
CHANNEL_ID = r"UC[\w-]{7,62}"
PLAYLIST_ID = r"[\w-]{2,64}"
DAY = r"\d{4}-\d\d-\d\d"
CODE = r"[\w.-]{1,64}"
TEXT = ".{1,1000}"

MOST = 10**15
"""No count is greater; the warehouse's integers end at nine times 10^18."""

MOST_INTEGER = 2**31 - 1
"""Of numbers that the warehouse holds in four bytes."""

MOST_SECONDS = 10**10
"""Since 1970: the year 2286."""

MOST_MONEY = 10**9
"""US dollars of one video and day; the warehouse holds millionths."""


class Kind(Enum):
    """What a field holds."""

    TEXT = "text"
    NUMBER = "number"
    MOMENT = "moment"
    CURVE = "curve"


@dataclass(frozen=True)
class Field:
    """A field of a payload.

    Attributes:
        path: into the payload, with dots.
        is_required: whether it is always given, and a row without it, or with a doubtful one, is refused; a text that is empty
            is not given. A doubtful value of any other field lands as null.
        form: regular expression that the whole of a text matches; None for any text.
        least, greatest: of a number, which JSON may hold as text.
        is_whole: a number without decimals, also not `.0`: the warehouse makes an integer of its text.
        is_blank_null: an empty text stands for no number, as in CSV files.
    """

    path: str
    kind: Kind
    is_required: bool = True
    form: str | None = None
    least: float = 0
    greatest: float = MOST
    is_whole: bool = False
    is_blank_null: bool = False

    @property
    def expected(self) -> str:
        """What it should be, to be said after its name and `is` or `is not`."""
        if self.kind is Kind.TEXT:
            return "given" if self.form is None else "given in its form"
        if self.kind is Kind.MOMENT:
            return "a time, at most a day ahead"
        if self.kind is Kind.CURVE:
            return "a curve of numbers"
        number = "a whole number" if self.is_whole else "a number"
        if self.least == 0 and self.greatest in (MOST, MOST_INTEGER):
            return f"{number} of zero or more"
        if (self.least, self.greatest) == (-MOST, MOST):
            return number
        return f"{number} from {self.least} to {self.greatest}"


@dataclass(frozen=True)
class Shape:
    """What the rows of a table look like.

    Attributes:
        key: regular expression of the whole row key.
        fields: by a short name.
        same_as_key: path of the payload's own key, where the row key is just that.
        known: names that payloads have by the source's documentation; one that no row has any more is worth a warning.
        least_rows: rows a day below which something is probably missing: a warning, no error.
        is_occasional: whether rows come on some days only, so that a day without any is usual.
    """

    key: str
    fields: Mapping[str, Field] = field(default_factory=dict)
    same_as_key: str | None = None
    known: tuple[str, ...] = ()
    least_rows: int = 1
    is_occasional: bool = False


def _text(path: str, form: str | None = None) -> Field:
    return Field(path, Kind.TEXT, form=form)


def _count(path: str, greatest: float = MOST) -> Field:
    """A whole number of zero or more, where it is given: YouTube leaves out those that an owner hides."""
    return Field(path, Kind.NUMBER, is_required=False, greatest=greatest, is_whole=True)


def _amount(path: str, least: float = 0, greatest: float = MOST) -> Field:
    """A number with decimals, where it is given."""
    return Field(path, Kind.NUMBER, is_required=False, least=least, greatest=greatest)


def _added(path: str) -> Field:
    """What a day adds to a count or a sum, where it is given: below zero where YouTube takes more back than came."""
    return _amount(path, -MOST)


def _number(path: str, least: float, greatest: float, *, is_whole: bool = False) -> Field:
    """A number that is always given."""
    return Field(path, Kind.NUMBER, least=least, greatest=greatest, is_whole=is_whole)


def _rank(most: int) -> Field:
    return _number("rank", 1, most, is_whole=True)


def _moment(path: str, *, is_required: bool = True) -> Field:
    return Field(path, Kind.MOMENT, is_required)


def _video(prefix: str = "") -> dict[str, Field]:
    return {
        "video_id": _text(f"{prefix}id", VIDEO_ID),
        "title": _text(f"{prefix}snippet.title"),
        "channel_id": _text(f"{prefix}snippet.channelId", CHANNEL_ID),
        "category_id": _text(f"{prefix}snippet.categoryId", r"\d{1,4}"),
        "views": _count(f"{prefix}statistics.viewCount"),
        "likes": _count(f"{prefix}statistics.likeCount"),
        "comments": _count(f"{prefix}statistics.commentCount"),
        "published_at": _moment(f"{prefix}snippet.publishedAt"),
        # A duration may be of any form, but not of a length that no interval holds.
        "duration": Field(f"{prefix}contentDetails.duration", Kind.TEXT, is_required=False, form=r"(?:\d{0,6}\D)*"),
    }


_CHANNEL = {
    "title": _text("snippet.title"),
    "uploads": _text("contentDetails.relatedPlaylists.uploads", PLAYLIST_ID),
    "subscribers": _count("statistics.subscriberCount"),
    "videos": _count("statistics.videoCount", MOST_INTEGER),
    "views": _count("statistics.viewCount"),
    "created_at": _moment("snippet.publishedAt"),
}
_OWN = {"channel_id": _text("channel_id", CHANNEL_ID)}
_DAY = {**_OWN, "day_at": _moment("day")}
_WINDOW = {**_OWN, "starts_at": _moment("start"), "ends_at": _moment("end")}
_WATCHED = {"views": _added("views"), "engaged_views": _added("engagedViews"), "watch_minutes": _added("estimatedMinutesWatched")}
_ENGAGED = {
    **_WATCHED,
    "average_view_seconds": _amount("averageViewDuration"),
    # A Short that plays in a loop is watched to many times its length.
    "average_view_pct": _amount("averageViewPercentage"),
    "likes": _added("likes"),
    "comments": _added("comments"),
    "shares": _added("shares"),
    "subscribers_gained": _added("subscribersGained"),
    "subscribers_lost": _added("subscribersLost"),
}

_MONEY = {
    # Revenue is taken back where clicks turn out to be invalid, so a day's may be below zero.
    "revenue": _amount("estimatedRevenue", -MOST_MONEY, MOST_MONEY),
    "ad_revenue": _amount("estimatedAdRevenue", -MOST_MONEY, MOST_MONEY),
    "premium_revenue": _amount("estimatedRedPartnerRevenue", -MOST_MONEY, MOST_MONEY),
    "gross_revenue": _amount("grossRevenue", -MOST_MONEY, MOST_MONEY),
    "cpm": _amount("cpm", -MOST_MONEY, MOST_MONEY),
    "playback_based_cpm": _amount("playbackBasedCpm", -MOST_MONEY, MOST_MONEY),
    "monetized_playbacks": _added("monetizedPlaybacks"),
    "ad_impressions": _added("adImpressions"),
}


def _report(entry: ReportType) -> Shape:
    """The shape of a bulk report's lines. A blank metric is one that YouTube could not reckon, such as a rate of nothing."""
    forms = {"date": r"\d{8}", "channel_id": CHANNEL_ID, "video_id": VIDEO_ID, "playlist_id": PLAYLIST_ID}

    def part(dimension: str) -> str:
        form = forms.get(dimension) or (TEXT if dimension in FREE_TEXT else CODE)
        return f"(?:{form})?" if dimension in MAY_BE_EMPTY else f"(?:{form})"

    def metric(name: str) -> Field:
        most = 1 if name == "video_thumbnail_impressions_ctr" else MOST
        least = -MOST if METRICS[name] in {Unit.COUNT, Unit.MINUTES} else 0
        return Field(name, Kind.NUMBER, name == entry.metrics[0], least=least, greatest=most, is_blank_null=True)

    return Shape(
        key=":".join(map(part, entry.dimensions)),
        fields={
            "day_at": _moment("date"),
            "channel_id": _text("channel_id", CHANNEL_ID),
            "video_id": _text("video_id", VIDEO_ID),
            **{name: metric(name) for name in entry.metrics},
            "report_created_at": _moment("report_created_at"),
            "report_id": _text("report_id"),
        },
        known=(*entry.dimensions, *filter(_is_lasting, entry.metrics)),
        least_rows=0,
    )


def _is_lasting(metric: str) -> bool:
    """Whether YouTube goes on giving a metric: those of annotations, which are no more, may go with them."""
    return not metric.startswith("annotation_")


SHAPES: Mapping[str, Shape] = {
    "raw_youtube.channels": Shape(CHANNEL_ID, _CHANNEL, same_as_key="id"),
    "raw_youtube.videos": Shape(VIDEO_ID, _video(), same_as_key="id"),
    "raw_youtube.uploads": Shape(VIDEO_ID, _video(), same_as_key="id", least_rows=0, is_occasional=True),
    "raw_youtube.thumbnails": Shape(
        VIDEO_ID,
        {
            "url": _text("url"),
            "sha256": _text("sha256", "[0-9a-f]{64}"),
            "width": _number("width", 1, 8192, is_whole=True),
            "height": _number("height", 1, 8192, is_whole=True),
            "brightness": _number("brightness", 0, 1),
            "contrast": _number("contrast", 0, 0.5),
            "colourfulness": _number("colourfulness", 0, 300),
            "text_area": _number("text_area", 0, 1),
            "edge_density": _number("edge_density", 0, 1),
            "legibility": _number("legibility", 0, 1),
            "faces": _number("faces", 0, 100),
            "face_area": _number("face_area", 0, 1),
        },
        same_as_key="video_id",
        least_rows=0,
    ),
    "raw_youtube.playlists": Shape(
        PLAYLIST_ID,
        {
            "title": _text("snippet.title"),
            "channel_id": _text("snippet.channelId", CHANNEL_ID),
            "items": _count("contentDetails.itemCount", MOST_INTEGER),
            "published_at": _moment("snippet.publishedAt"),
        },
        same_as_key="id",
        least_rows=0,
    ),
    "raw_youtube.playlist_items": Shape(
        f"{PLAYLIST_ID}:{VIDEO_ID}",
        {
            "playlist_id": _text("snippet.playlistId", PLAYLIST_ID),
            "video_id": _text("contentDetails.videoId", VIDEO_ID),
            "position": _count("snippet.position", MOST_INTEGER),
            "added_at": _moment("snippet.publishedAt", is_required=False),
            "published_at": _moment("contentDetails.videoPublishedAt", is_required=False),
        },
        least_rows=0,
    ),
    "raw_youtube.comments": Shape(
        r"[\w.-]{6,128}",
        {
            "video_id": _text("snippet.videoId", VIDEO_ID),
            "likes": _count("snippet.likeCount"),
            "published_at": _moment("snippet.publishedAt"),
            "updated_at": _moment("snippet.updatedAt", is_required=False),
        },
        same_as_key="id",
        least_rows=0,
    ),
    "raw_youtube.captions": Shape(
        r"[\w=.-]{6,128}",
        {
            "video_id": _text("snippet.videoId", VIDEO_ID),
            "language": _text("snippet.language", r"[\w-]{2,35}"),
            "updated_at": _moment("snippet.lastUpdated", is_required=False),
        },
        same_as_key="id",
        least_rows=0,
    ),
    "raw_youtube.snapshots": Shape(
        rf"{VIDEO_ID}@{DAY}T\d\d:\d\dZ",
        {
            "video_id": _text("video_id", VIDEO_ID),
            "read_at": _moment("read_at"),
            "views": _count("viewCount"),
            "likes": _count("likeCount"),
            "comments": _count("commentCount"),
        },
        least_rows=0,
    ),
    "raw_youtube.charts": Shape(rf"(?:{REGION}):\d+:\d{{3}}", {"rank": _rank(50), **_video("item.")}, least_rows=200),
    "raw_youtube.video_statistics": Shape(VIDEO_ID, _video(), same_as_key="id", least_rows=0),
    "raw_youtube.competitor_channels": Shape(CHANNEL_ID, _CHANNEL, same_as_key="id", least_rows=0),
    "raw_youtube.competitor_videos": Shape(VIDEO_ID, _video(), same_as_key="id", least_rows=0),
    "raw_youtube.analytics_daily": Shape(
        f"{DAY}:{VIDEO_ID}",
        {
            **_DAY,
            "video_id": _text("video", VIDEO_ID),
            **_ENGAGED,
        },
    ),
    "raw_youtube.analytics_revenue": Shape(
        f"{DAY}:{VIDEO_ID}",
        {
            **_DAY,
            "video_id": _text("video", VIDEO_ID),
            **_MONEY,
        },
        least_rows=0,
    ),
    "raw_youtube.analytics_channel_daily": Shape(f"{DAY}:{CHANNEL_ID}", {**_DAY, **_ENGAGED}),
    "raw_youtube.analytics_channel_revenue": Shape(f"{DAY}:{CHANNEL_ID}", {**_DAY, **_MONEY}, least_rows=0),
    "raw_youtube.analytics_retention": Shape(
        VIDEO_ID, {**_WINDOW, "curve": Field("curve", Kind.CURVE)}, same_as_key="video", least_rows=0
    ),
    "raw_youtube.analytics_traffic": Shape(
        rf"{DAY}:{CHANNEL_ID}:\w+", {**_DAY, "traffic_source": _text("insightTrafficSourceType"), **_WATCHED}, least_rows=0
    ),
    "raw_youtube.analytics_search_terms": Shape(
        f"{CHANNEL_ID}:{DAY}:{DAY}:{TEXT}", {**_WINDOW, "term": _text("insightTrafficSourceDetail"), **_WATCHED}, least_rows=0
    ),
    "raw_youtube.analytics_countries": Shape(
        f"{DAY}:{CHANNEL_ID}:[A-Z]{{2}}", {**_DAY, "country": _text("country", "[A-Z]{2}"), **_ENGAGED}, least_rows=0
    ),
    "raw_youtube.analytics_demographics": Shape(
        rf"{CHANNEL_ID}:{DAY}:{DAY}:age[\w-]+:\w+",
        {
            **_WINDOW,
            "age_group": _text("ageGroup"),
            "gender": _text("gender"),
            "viewers_pct": _number("viewerPercentage", 0, 100),
        },
        least_rows=0,
    ),
    "raw_youtube.analytics_devices": Shape(
        rf"{DAY}:{CHANNEL_ID}:\w+:\w+",
        {**_DAY, "device_type": _text("deviceType"), "operating_system": _text("operatingSystem"), **_WATCHED},
        least_rows=0,
    ),
    "raw_youtube.analytics_playback_locations": Shape(
        rf"{DAY}:{CHANNEL_ID}:\w+", {**_DAY, "location": _text("insightPlaybackLocationType"), **_WATCHED}, least_rows=0
    ),
    **{entry.table: _report(entry) for entry in REPORT_TYPES.values()},
    "raw_google.trends": Shape(
        f"[A-Z]{{2}}:(?:daily|hourly):{TEXT}",
        {
            "title": _text("title"),
            "geo": _text("geo", "[A-Z]{2}"),
            "cadence": _text("cadence", "daily|hourly"),
            "started_at": _moment("started_at"),
            "searches": _count("searches"),
        },
    ),
    "raw_reddit.posts": Shape(
        r"\w{2,21}:\w{1,16}",
        {
            "title": _text("title"),
            "score": Field("score", Kind.NUMBER, is_required=False, least=-MOST, is_whole=True),
            "comments": _count("num_comments"),
            "upvote_ratio": _amount("upvote_ratio", greatest=1),
            "created_at": _amount("created_utc", greatest=MOST_SECONDS),
            "rank": _rank(1000),
        },
    ),
    "raw_feeds.entries": Shape(
        r"[\w.-]{1,64}:[0-9a-f]{8,64}",
        {"title": _text("title"), "feed": _text("feed"), "published_at": _moment("published_at", is_required=False)},
        least_rows=0,
    ),
    "raw_hackernews.stories": Shape(
        r"\d{1,12}",
        {
            "title": _text("title"),
            "points": _count("score", MOST_INTEGER),
            "comments": _count("descendants", MOST_INTEGER),
            "rank": _rank(500),
            "created_at": _amount("time", greatest=MOST_SECONDS),
        },
        same_as_key="id",
    ),
    "raw_wikipedia.pageviews": Shape(
        r"[a-z-]+\.wikipedia:\S+",
        {
            "article": _text("article"),
            "project": _text("project"),
            "views": _count("views"),
            "rank": _rank(1000),
            "day_at": _moment("day"),
        },
    ),
    "raw_wikipedia.article_views": Shape(
        rf"[a-z-]+\.wikipedia:\S+:{DAY}",
        {"article": _text("article"), "project": _text("project"), "views": _count("views"), "day_at": _moment("day")},
        least_rows=0,
    ),
}
"""Every raw table's."""
