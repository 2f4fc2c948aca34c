"""What reports.query answers at all: identifiers, and which of them the documentation lets stand together.

Source: developers.google.com/youtube/analytics, channel_reports, dimensions and metrics. Geographic filters by continent, groups,
content types and products are left out; thumbnail impressions are refused everywhere, as the real API does for channels.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from connectors.simulator.breakdowns import Metric

_MICROS = 1e-6
_PLAIN = {
    "views": "views",
    "engagedViews": "engaged_views",
    "redViews": "red_views",
    "estimatedMinutesWatched": "minutes",
    "estimatedRedMinutesWatched": "red_minutes",
    "likes": "likes",
    "dislikes": "dislikes",
    "comments": "comments",
    "shares": "shares",
    "subscribersGained": "subscribers_gained",
    "subscribersLost": "subscribers_lost",
    "videosAddedToPlaylists": "playlist_additions",
    "videosRemovedFromPlaylists": "playlist_removals",
    "annotationImpressions": "annotation_impressions",
    "annotationClickableImpressions": "annotation_impressions",
    "annotationClosableImpressions": "annotation_closable_impressions",
    "annotationClicks": "annotation_clicks",
    "annotationCloses": "annotation_closes",
    "cardImpressions": "card_impressions",
    "cardTeaserImpressions": "card_teaser_impressions",
    "cardClicks": "card_clicks",
    "cardTeaserClicks": "card_teaser_clicks",
    "monetizedPlaybacks": "monetized_playbacks",
    "adImpressions": "ad_impressions",
    "playlistViews": "views",
    "playlistEstimatedMinutesWatched": "minutes",
    "playlistStarts": "playlist_starts",
    "playlistSaves": "playlist_saves_added",
}
METRICS: Mapping[str, Metric] = {
    **{name: Metric((counted,)) for name, counted in _PLAIN.items()},
    "averageViewDuration": Metric(("seconds",), "views"),
    "averageViewPercentage": Metric(("portion",), "views", 100, 2),
    "annotationClickThroughRate": Metric(("annotation_clicks",), "annotation_impressions", 1, 4),
    "annotationCloseRate": Metric(("annotation_closes",), "annotation_closable_impressions", 1, 4),
    "cardClickRate": Metric(("card_clicks",), "card_impressions", 1, 4),
    "cardTeaserClickRate": Metric(("card_teaser_clicks",), "card_teaser_impressions", 1, 4),
    "estimatedRevenue": Metric(("ad_micros", "premium_micros"), None, _MICROS, 6),
    "estimatedAdRevenue": Metric(("ad_micros",), None, _MICROS, 6),
    "estimatedRedPartnerRevenue": Metric(("premium_micros",), None, _MICROS, 6),
    "grossRevenue": Metric(("gross_micros",), None, _MICROS, 6),
    "cpm": Metric(("gross_micros",), "ad_impressions", 1000 * _MICROS, 3),
    "playbackBasedCpm": Metric(("gross_micros",), "monetized_playbacks", 1000 * _MICROS, 3),
    "playlistAverageViewDuration": Metric(("seconds",), "views"),
    "viewsPerPlaylistStart": Metric(("views",), "playlist_starts", 1, 4),
    "averageTimeInPlaylist": Metric(("seconds",), "playlist_starts", 1 / 60, 4),
    "viewerPercentage": Metric(("signed_in",), None, 100, 1),
    "audienceWatchRatio": Metric((), digits=4),
    "relativeRetentionPerformance": Metric((), digits=4),
}
"""All metrics. Of the last three the API makes something else than a sum over views."""

AXES = {
    "video": "video",
    "playlist": "playlist",
    "country": "country",
    "province": "province",
    "liveOrOnDemand": "live",
    "subscribedStatus": "subscribed",
    "insightTrafficSourceType": "source",
    "insightTrafficSourceDetail": "source_detail",
    "insightPlaybackLocationType": "location",
    "insightPlaybackLocationDetail": "site",
    "deviceType": "device",
    "operatingSystem": "system",
    "ageGroup": "age",
    "gender": "gender",
    "sharingService": "sharing",
}
"""Dimensions by our names of them in `breakdowns.AXES`; days, months and moments of a video are not among them."""
DIMENSIONS = frozenset({*AXES, "day", "month", "elapsedVideoTimeRatio"})
FILTERS = frozenset({*AXES, "audienceType"})

MONEY = frozenset(
    {"estimatedRevenue", "estimatedAdRevenue", "estimatedRedPartnerRevenue", "grossRevenue"}
    | {"cpm", "playbackBasedCpm", "adImpressions", "monetizedPlaybacks"}
)
"""Metrics that need the monetary scope and a monetised channel."""
REFUSED = frozenset(
    {"impressions", "impressionClickThroughRate", "videoThumbnailImpressions", "videoThumbnailImpressionsClickRate"}
)
_PLAYED = frozenset({"views", "engagedViews", "estimatedMinutesWatched"})
_PLAYLISTS = frozenset(
    {"playlistViews", "playlistStarts", "playlistSaves", "playlistEstimatedMinutesWatched", "playlistAverageViewDuration"}
    | {"viewsPerPlaylistStart", "averageTimeInPlaylist"}
)
_RETENTION = frozenset({"audienceWatchRatio", "relativeRetentionPerformance"})
_ALL = frozenset(METRICS) - _PLAYLISTS - _RETENTION - {"viewerPercentage"}
_IN_STATES = frozenset(
    {*_PLAYED, "redViews", "estimatedRedMinutesWatched", "averageViewDuration", "averageViewPercentage"}
    | {name for name in _ALL if name.startswith(("annotation", "card"))}
)
_BY_SUBSCRIPTION = _IN_STATES | {"likes", "dislikes", "shares", "videosAddedToPlaylists", "videosRemovedFromPlaylists"}
_BY_LIVENESS = frozenset({*_PLAYED, "redViews", "estimatedRedMinutesWatched", "averageViewDuration"})
_WHERE, _HOW = frozenset({"country", "province"}), frozenset({"liveOrOnDemand", "subscribedStatus"})


@dataclass(frozen=True)
class Report:
    """One kind of report: what must and may be asked for together.

    Attributes:
        dimensions, optional: all of the first, any of the second; of `day` and `month` one at most.
        filters: that may be given; `needed` of them must be, with one of these values (none: any).
        most: where the report is a list of the greatest, `maxResults` is needed up to this, and a falling order.
        of: the views that it is about, those with this metric.
    """

    metrics: frozenset[str]
    dimensions: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    filters: frozenset[str] = frozenset()
    needed: Mapping[str, frozenset[str]] | None = None
    most: int | None = None
    of: str = "views"

    def covers(self, dimensions: Collection[str], filters: Mapping[str, Collection[str]], metrics: Collection[str]) -> bool:
        """Whether a query is of this kind."""
        asked, needed = frozenset(dimensions), self.needed or {}
        return (
            self.dimensions <= asked <= self.dimensions | self.optional
            and not {"day", "month"} <= asked
            and frozenset(metrics) <= self.metrics
            and needed.keys() <= filters.keys() <= needed.keys() | self.filters
            and all(not values or values.issuperset(filters[name]) for name, values in needed.items())
        )


_TIMES = frozenset({"day", "month"})
_ANYWHERE = _WHERE | _HOW | {"video"}
_DETAILED = frozenset(
    {"ADVERTISING", "CAMPAIGN_CARD", "END_SCREEN", "EXT_URL", "HASHTAGS", "NOTIFICATION", "RELATED_VIDEO", "SOUND_PAGE"}
    | {"SUBSCRIBER", "YT_CHANNEL", "YT_OTHER_PAGE", "YT_SEARCH"}
)
_SOURCE, _PLACE = frozenset({"insightTrafficSourceType"}), frozenset({"insightPlaybackLocationType"})
_DEVICE, _SYSTEM, _COUNTRY = frozenset({"deviceType"}), frozenset({"operatingSystem"}), frozenset({"country"})
_PROVINCE, _PLAYLIST = frozenset({"province"}), frozenset({"playlist"})
_IN_USA = {"country": frozenset({"US"})}
_ABOUT_PLAYLISTS = _WHERE | _PLAYLIST | {"subscribedStatus"}

REPORTS = (
    Report(_ALL, optional=_TIMES, filters=frozenset({"country", "video"})),
    Report(_IN_STATES, optional=_TIMES, filters=frozenset({"video"}), needed={"province": frozenset()}),
    Report(_ALL, _COUNTRY, filters=frozenset({"video"})),
    Report(_IN_STATES, _PROVINCE, filters=frozenset({"video"}), needed=_IN_USA),
    Report(_BY_SUBSCRIPTION, optional=_TIMES | {"subscribedStatus"}, filters=_WHERE | {"video", "subscribedStatus"}),
    Report(_BY_LIVENESS, optional=_TIMES | _HOW, filters=_ANYWHERE),
    Report(_BY_LIVENESS, _COUNTRY, _HOW, _HOW | {"video"}),
    Report(_BY_LIVENESS, _PROVINCE, _HOW, _HOW | {"video"}, needed=_IN_USA),
    Report(_PLAYED, _PLACE, _HOW | {"day"}, _ANYWHERE),
    Report(
        _PLAYED,
        frozenset({"insightPlaybackLocationDetail"}),
        filters=_ANYWHERE,
        needed={"insightPlaybackLocationType": frozenset({"EMBEDDED"})},
        most=25,
    ),
    Report(_PLAYED, _SOURCE, _HOW | {"day"}, _ANYWHERE),
    Report(
        _PLAYED,
        frozenset({"insightTrafficSourceDetail"}),
        filters=_ANYWHERE,
        needed={"insightTrafficSourceType": _DETAILED},
        most=25,
    ),
    Report(_PLAYED, _DEVICE, _HOW | {"day"}, _ANYWHERE | _SYSTEM),
    Report(_PLAYED, _SYSTEM, _HOW | {"day"}, _ANYWHERE | _DEVICE),
    Report(_PLAYED, _DEVICE | _SYSTEM, _HOW | {"day"}, _ANYWHERE),
    *(
        Report(frozenset({"viewerPercentage"}), frozenset(chosen), _HOW, _ANYWHERE, of="signed_in")
        for chosen in (("ageGroup", "gender"), ("ageGroup",), ("gender",))
    ),
    Report(
        frozenset({"shares"}),
        frozenset({"sharingService"}),
        frozenset({"subscribedStatus"}),
        frozenset({"country", "video", "subscribedStatus"}),
        of="shares",
    ),
    Report(
        _RETENTION,
        frozenset({"elapsedVideoTimeRatio"}),
        filters=frozenset({"audienceType", "subscribedStatus"}),
        needed={"video": frozenset()},
    ),
    Report(_ALL, frozenset({"video"}), filters=_COUNTRY, most=200),
    Report(_IN_STATES, frozenset({"video"}), filters=frozenset({"subscribedStatus"}), needed={"province": frozenset()}, most=200),
    Report(_BY_SUBSCRIPTION, frozenset({"video"}), filters=frozenset({"country", "subscribedStatus"}), most=200),
    Report(_BY_LIVENESS, frozenset({"video"}), filters=_WHERE | _HOW, most=200),
    Report(_PLAYLISTS, optional=_TIMES | {"subscribedStatus"}, filters=_ABOUT_PLAYLISTS, of="in_playlist"),
    *(
        Report(_PLAYLISTS, asked, frozenset({"day", "subscribedStatus"}), _ABOUT_PLAYLISTS, of="in_playlist")
        for asked in (_SOURCE, _PLACE, _DEVICE, _SYSTEM, _DEVICE | _SYSTEM)
    ),
    Report(_PLAYLISTS, _COUNTRY, frozenset({"subscribedStatus"}), frozenset({"playlist", "subscribedStatus"}), of="in_playlist"),
    Report(_PLAYLISTS, _PLAYLIST, filters=_WHERE | {"subscribedStatus"}, most=200, of="in_playlist"),
)
"""Every kind of report, the first that covers a query counts."""


def report_of(dimensions: Collection[str], filters: Mapping[str, Collection[str]], metrics: Collection[str]) -> Report | None:
    """The kind of report that a query asks for, if there is one.

    Videos and playlists that a filter names may stand among the dimensions of any report.
    """
    named = {name for name in ("video", "playlist") if name in filters}
    rest = [name for name in dimensions if name not in named]
    return next((report for report in REPORTS if report.covers(rest, filters, metrics)), None)
