"""How the queries of the table are asked, and what becomes of their answers."""

from __future__ import annotations

import logging
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.landing import RawRow
from connectors.members import LeftOut
from connectors.youtube.analytics import QUERIES, Period, Scope, _value
from connectors.youtube.rows import analytics_rows, retention_rows
from core.errors import Damaged, Forbidden
from core.ids import ChannelId, VideoId
from tests.unit.connectors.scripted import Answer, google_error, json_answer
from tests.unit.connectors.youtube.conftest import CHANNEL, TOKEN, Scene

FIRST, LAST = date(2026, 6, 1), date(2026, 6, 3)
VIDEOS = [VideoId(f"video-{n:05}") for n in range(101)]


def table(columns: tuple[str, ...], *rows: list[Any]) -> Answer:
    return json_answer({"columnHeaders": [{"name": name} for name in columns], "rows": list(rows)})


def empty(name: str) -> Answer:
    return json_answer({"columnHeaders": [{"name": column} for column in (*QUERIES[name].dimensions, *QUERIES[name].metrics)]})


def asked(scene: Scene) -> list[dict[str, str]]:
    calls = (urlsplit(call.path) for call in scene.server.asked if call.method == "GET")
    return [{name: values[0] for name, values in parse_qs(call.query).items()} for call in calls]


def rows_of(scene: Scene, name: str, first: date = FIRST, last: date = LAST) -> list[RawRow]:
    found = list(analytics_rows(scene.youtube, name, {CHANNEL: (first, last)}, {CHANNEL: VIDEOS}))
    assert all(isinstance(row, RawRow) for row in found)
    return found  # type: ignore[return-value]


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_asks_for_what_its_report_allows(scene: Scene, name: str) -> None:
    query = QUERIES[name]
    calls = {Scope.VIDEOS: 2, Scope.VIDEO: 101, Scope.CHANNEL: 3 if query.period is Period.EACH_DAY else 1}[query.scope]
    scene.answers(TOKEN, *[empty(name)] * calls)
    assert rows_of(scene, name) == []
    sent = asked(scene)
    assert len(sent) == calls == scene.spent("analytics")
    assert {call["ids"] for call in sent} == {f"channel=={CHANNEL}"}
    assert all(call["dimensions"] == ",".join(query.dimensions) for call in sent)
    assert all(len(call["metrics"].split(",")) == len(query.metrics) for call in sent)
    videos = [part for call in sent for part in call.get("filters", "").split(";") if part.startswith("video==")]
    assert [len(part.split(",")) for part in videos] == ([100, 1] if query.scope is Scope.VIDEOS else [1] * len(videos))
    assert bool(videos) == (query.scope is not Scope.CHANNEL)


def test_a_report_without_days_is_asked_for_day_by_day(scene: Scene) -> None:
    columns = (*QUERIES["countries"].dimensions, *QUERIES["countries"].metrics)
    scene.answers(TOKEN, *(table(columns, ["US", *[n] * len(QUERIES["countries"].metrics)]) for n in range(3)))
    rows = rows_of(scene, "countries")
    assert [(call["startDate"], call["endDate"]) for call in asked(scene)] == [(f"2026-06-0{n}",) * 2 for n in (1, 2, 3)]
    assert [row.row_key for row in rows] == [f"2026-06-0{n}:{CHANNEL}:US" for n in (1, 2, 3)]
    assert [row.payload["views"] for row in rows] == [0, 1, 2]
    assert all(row.payload["channel_id"] == CHANNEL and row.payload["day"] == row.row_key[:10] for row in rows)


def test_search_terms_are_the_most_seen_of_a_window(scene: Scene) -> None:
    term = 'how to: "win" 🏆'
    scene.answers(
        TOKEN, table(("insightTrafficSourceDetail", "views", "engagedViews", "estimatedMinutesWatched"), [term, 7, 5, 3])
    )
    (row,) = rows_of(scene, "search_terms")
    (call,) = asked(scene)
    assert (call["filters"], call["sort"], call["maxResults"]) == ("insightTrafficSourceType==YT_SEARCH", "-views", "25")
    assert row.row_key == f"{CHANNEL}:2026-06-01:2026-06-03:{term}"
    assert row.payload == {
        "channel_id": CHANNEL,
        "start": "2026-06-01",
        "end": "2026-06-03",
        "insightTrafficSourceDetail": term,
        "views": 7,
        "engagedViews": 5,
        "estimatedMinutesWatched": 3,
    }


@pytest.mark.parametrize(
    ("name", "values", "key"),
    [
        ("daily", {"day": "2026-06-01", "video": "v"}, "2026-06-01:v"),
        ("revenue", {"day": "2026-06-01", "video": "v"}, "2026-06-01:v"),
        ("traffic", {"day": "2026-06-01", "insightTrafficSourceType": "YT_SEARCH"}, f"2026-06-01:{CHANNEL}:YT_SEARCH"),
        ("demographics", {"ageGroup": "age25-34", "gender": "female"}, f"{CHANNEL}:2026-06-01:2026-06-03:age25-34:female"),
        ("devices", {"day": "2026-06-01", "deviceType": "TV", "operatingSystem": "WEBOS"}, f"2026-06-01:{CHANNEL}:TV:WEBOS"),
        ("playback_locations", {"day": "2026-06-01", "insightPlaybackLocationType": "WATCH"}, f"2026-06-01:{CHANNEL}:WATCH"),
    ],
)
def test_a_row_is_keyed_by_what_it_is_about(scene: Scene, name: str, values: dict[str, str], key: str) -> None:
    query = QUERIES[name]
    answer = table(
        (*query.dimensions, *query.metrics), [*(values[column] for column in query.dimensions), *[1] * len(query.metrics)]
    )
    scene.answers(TOKEN, answer, *[empty(name)] * (query.scope is Scope.VIDEOS))
    (row,) = rows_of(scene, name)
    assert row.row_key == key
    assert row.payload["channel_id"] == CHANNEL
    assert values.items() <= row.payload.items()


@pytest.mark.parametrize("name", ["revenue", "channel_revenue"])
def test_a_channel_that_is_not_monetised_has_no_revenue_and_the_log_says_so(
    scene: Scene, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    scene.answers(TOKEN, google_error(403, "forbidden"))
    earns: dict[ChannelId, bool] = {}
    with caplog.at_level(logging.INFO):
        found = analytics_rows(scene.youtube, name, {CHANNEL: (FIRST, LAST)}, {CHANNEL: VIDEOS}, earns=earns.__setitem__)
        assert list(found) == []
    assert len(asked(scene)) == 1  # the second hundred videos are not asked for
    assert f"Channel {CHANNEL} is not monetised" in caplog.text
    assert earns == {CHANNEL: False}


@pytest.mark.parametrize("name", ["revenue", "channel_revenue"])
@pytest.mark.parametrize(
    ("reason", "remedy"),
    [
        ("insufficientPermissions", "ytempire connect"),
        ("ACCESS_TOKEN_SCOPE_INSUFFICIENT", "ytempire connect"),
        ("accessNotConfigured", "Enable the API"),
        ("SERVICE_DISABLED", "Enable the API"),
        ("somethingNew", "credentials"),
    ],
)
def test_money_that_may_not_be_seen_is_an_error_of_the_channel_with_its_remedy(
    scene: Scene, name: str, reason: str, remedy: str, caplog: pytest.LogCaptureFixture
) -> None:
    scene.answers(TOKEN, google_error(403, reason))
    earns: dict[ChannelId, bool] = {}
    (left,) = analytics_rows(scene.youtube, name, {CHANNEL: (FIRST, LAST)}, {CHANNEL: VIDEOS}, earns=earns.__setitem__)
    assert isinstance(left, LeftOut)
    assert (left.kind, left.member) == ("channel", CHANNEL)
    assert reason in left.reason
    assert remedy in left.remedy
    assert "not monetised" not in caplog.text
    assert earns == {}


def test_money_that_was_answered_says_that_a_channel_is_monetised(scene: Scene) -> None:
    scene.answers(TOKEN, empty("channel_revenue"))
    earns: dict[ChannelId, bool] = {}
    assert list(analytics_rows(scene.youtube, "channel_revenue", {CHANNEL: (FIRST, LAST)}, {}, earns=earns.__setitem__)) == []
    assert earns == {CHANNEL: True}


def test_other_videos_have_days_of_their_own(scene: Scene) -> None:
    """Old videos are asked for over the days since their last turn, in the same reading of the channel."""
    long_ago = FIRST - timedelta(days=6)
    scene.answers(TOKEN, empty("daily"), empty("daily"))
    old_one = VideoId("old4567890a")
    videos, apart = {CHANNEL: [VIDEOS[0], old_one]}, {old_one: (long_ago, LAST)}
    assert list(analytics_rows(scene.youtube, "daily", {CHANNEL: (FIRST, LAST)}, videos, apart)) == []
    young, old = asked(scene)
    assert (young["startDate"], young["filters"]) == (str(FIRST), f"video=={VIDEOS[0]}")
    assert (old["startDate"], old["filters"]) == (str(long_ago), "video==old4567890a")


def test_another_query_that_is_forbidden_is_an_error(scene: Scene) -> None:
    scene.answers(TOKEN, google_error(403, "forbidden"))
    with pytest.raises(Forbidden):
        rows_of(scene, "traffic")


def test_a_retention_curve_is_one_row(scene: Scene) -> None:
    columns = ("elapsedVideoTimeRatio", "audienceWatchRatio", "relativeRetentionPerformance")
    curve = [[n / 100, 1.2 - n / 100, 0.5] for n in range(1, 101)]
    scene.answers(TOKEN, table(columns, *curve), empty("retention"))
    (row,) = retention_rows(scene.youtube, {VIDEOS[0]: (CHANNEL, (FIRST, LAST))})
    assert list(retention_rows(scene.youtube, {VIDEOS[1]: (CHANNEL, (FIRST, LAST))})) == []  # too few have watched it
    assert isinstance(row, RawRow)
    assert row.row_key == row.payload["video"] == VIDEOS[0]
    assert row.payload["curve"] == curve
    assert (row.payload["start"], row.payload["end"]) == ("2026-06-01", "2026-06-03")
    assert all(call["filters"].count("video-") == 1 for call in asked(scene))


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"columnHeaders": [{"name": "day"}]},
        {"columnHeaders": "text", "rows": []},
        {"columnHeaders": [{"name": name} for name in ("day", "insightTrafficSourceType", "views")], "rows": [["2026-06-01"]]},
        {
            "columnHeaders": [
                {"name": n} for n in ("day", "insightTrafficSourceType", "views", "engagedViews", "estimatedMinutesWatched")
            ],
            "rows": [[1]],
        },
    ],
)
def test_answers_that_are_no_table_are_damage(scene: Scene, body: object) -> None:
    scene.answers(TOKEN, *[json_answer(body)] * 4)
    if isinstance(body, list):
        with pytest.raises(Exception, match="no JSON"):
            rows_of(scene, "traffic")
        return
    with pytest.raises(Damaged):
        rows_of(scene, "traffic")


def test_columns_may_come_in_another_order_and_with_more_beside_them(scene: Scene) -> None:
    columns = ("views", "new", "estimatedMinutesWatched", "insightTrafficSourceType", "engagedViews", "day")
    scene.answers(TOKEN, table(columns, [5, "x", 2, "SHORTS", 4, "2026-06-01"]))
    (row,) = rows_of(scene, "traffic")
    assert row.row_key == f"2026-06-01:{CHANNEL}:SHORTS"
    assert (row.payload["views"], row.payload["new"]) == (5, "x")


@given(st.one_of(st.integers(-(10**9), 10**9), st.floats(allow_nan=False), st.text(max_size=5), st.none(), st.booleans()))
def test_values_come_as_they_are_with_one_type_a_column(value: object) -> None:
    share, count = _value("averageViewPercentage", value), _value("views", value)
    assert share == value == count
    assert not isinstance(share, int) or isinstance(value, bool)
    assert not (isinstance(count, float) and count.is_integer())
