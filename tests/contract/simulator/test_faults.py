"""Faults as a client meets them on the wire."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from connectors.simulator.process import SimulatorControl
from core.errors import Refused
from tests.contract.simulator.conftest import channel, google, reason, signed_in

CHART = "/youtube/v3/videos"


@pytest.fixture
def broken(shared: SimulatorControl) -> Iterator[SimulatorControl]:
    """A world whose faults end with the test."""
    yield shared
    shared.mend()


def chart(control: SimulatorControl, **query: Any) -> httpx.Response:
    known = {"key": control.credentials().api_key, "part": "id", "chart": "mostPopular", "maxResults": 20, **query}
    return httpx.get(f"{control.base_url}{CHART}", params=known)


@pytest.mark.parametrize("status", [400, 404, 429, 500, 502, 503])
def test_any_status_can_be_had_and_some_say_when_to_come_back(broken: SimulatorControl, status: int) -> None:
    before = broken.quota().get("general", 0)
    broken.fault("/youtube/", "status", status=status, seconds=7)
    answer = chart(broken)
    assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (status, "backendError")
    assert answer.headers.get("retry-after") == ("7" if status in {429, 503} else None)
    assert chart(broken).status_code == 200
    assert broken.quota()["general"] == before + 1  # what never reached the service cost nothing


def test_the_second_page_can_fail(broken: SimulatorControl) -> None:
    broken.fault(CHART, "status", after=1)
    youtube = google(broken, "youtube", "v3", None)
    request = youtube.videos().list(chart="mostPopular", part="id", maxResults=20)
    page = request.execute()
    second = youtube.videos().list_next(request, page)
    assert reason(second.execute) == (503, "backendError")
    assert len(second.execute()["items"]) == 20


@pytest.mark.parametrize(("status", "domain"), [(429, "global"), (403, "usageLimits")])
def test_too_many_calls_a_minute_are_refused_in_either_way(broken: SimulatorControl, status: int, domain: str) -> None:
    broken.fault("/youtube/", "rate", count=9, status=status, per_minute=2)
    answers = [chart(broken) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, status]
    [detail] = answers[2].json()["error"]["errors"]
    assert (detail["reason"], detail["domain"]) == ("rateLimitExceeded", domain)
    broken.fault("/youtube/", "rate", count=1)
    assert [chart(broken).status_code for _ in range(2)] == [429, 200]


def test_spent_quota_reads_as_youtubes(broken: SimulatorControl) -> None:
    broken.fault("/v2/", "quota")
    with signed_in(broken) as client:
        answer = client.get("/v2/reports")
    assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (403, "quotaExceeded")


def test_a_slow_answer_is_a_good_one(broken: SimulatorControl) -> None:
    broken.fault(CHART, "slow", seconds=0.4)
    begin = time.monotonic()
    assert len(chart(broken).json()["items"]) == 20
    assert time.monotonic() - begin >= 0.4
    broken.fault(CHART, "slow", seconds=5)
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{broken.base_url}{CHART}", timeout=0.2)


def test_a_connection_breaks_within_the_body(broken: SimulatorControl) -> None:
    broken.fault(CHART, "cut")
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
        chart(broken)
    assert len(chart(broken).json()["items"]) == 20


def test_a_truncated_page_is_good_http_and_bad_json(broken: SimulatorControl) -> None:
    whole = chart(broken)
    broken.fault(CHART, "truncate")
    half = chart(broken)
    assert half.status_code == 200
    assert whole.content.startswith(half.content)
    assert len(half.content) == int(half.headers["content-length"]) == len(whole.content) // 2
    with pytest.raises(json.JSONDecodeError):
        half.json()


def test_a_known_answer_is_spoilt_too(broken: SimulatorControl) -> None:
    whole = chart(broken)
    known = {"If-None-Match": whole.headers["etag"]}
    assert httpx.get(whole.url, headers=known).status_code == 304
    broken.fault(CHART, "truncate")
    spoilt = httpx.get(whole.url, headers=known)
    assert (spoilt.status_code, spoilt.headers.get("etag")) == (200, None)
    assert whole.content.startswith(spoilt.content)


def test_a_page_can_lack_items_and_go_on(broken: SimulatorControl) -> None:
    whole = chart(broken).json()
    broken.fault(CHART, "missing")
    page = chart(broken).json()
    assert page["nextPageToken"] == whole["nextPageToken"]
    assert page["items"] == whole["items"][:10]
    assert page["pageInfo"] == whole["pageInfo"]


def test_a_file_can_lack_lines(broken: SimulatorControl) -> None:
    with signed_in(broken) as client:
        job = client.post("/v1/jobs", json={"reportTypeId": "channel_reach_basic_a1", "name": "x"}).json()
        report = client.get(f"/v1/jobs/{job['id']}/reports").json()["reports"][0]
        whole = client.get(report["downloadUrl"]).text.splitlines()
        broken.fault("/v1/media/", "missing")
        assert client.get(report["downloadUrl"]).text.splitlines() == whole[: (len(whole) + 1) // 2]


def test_garbage_is_no_json_under_a_good_status(broken: SimulatorControl) -> None:
    broken.fault("/", "garbage")
    answer = chart(broken)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    with pytest.raises(ValueError):  # noqa: PT011 - of decoding or of JSON, as the client reads it
        answer.json()


def test_faults_stand_side_by_side_and_are_lifted(broken: SimulatorControl) -> None:
    broken.fault("/youtube/v3/channels", "status", count=5, status=500)
    broken.fault(CHART, "status", count=5, status=502)
    assert chart(broken).status_code == 502
    broken.fault(CHART, "garbage", count=0)
    assert chart(broken).status_code == 200
    assert httpx.get(f"{broken.base_url}/youtube/v3/channels").status_code == 500
    broken.mend()
    assert httpx.get(f"{broken.base_url}/youtube/v3/channels").status_code == 403
    assert broken.now() is not None


def videos(control: SimulatorControl, *ids: str) -> httpx.Response:
    query = {"key": control.credentials().api_key, "part": "id", "id": ",".join(ids)}
    return httpx.get(f"{control.base_url}{CHART}", params=query)


def test_one_of_many_ids_can_be_hit(broken: SimulatorControl) -> None:
    one, other, third = (item["id"] for item in chart(broken).json()["items"][:3])
    broken.fault(CHART, count=9, member=one, reason="processingFailure")
    assert [videos(broken, *ids).status_code for ids in ((one,), (other, one, third), (other, third))] == [400, 400, 200]
    [detail] = videos(broken, one).json()["error"]["errors"]
    assert detail["reason"] == "processingFailure"
    assert chart(broken).status_code == 200


def test_one_country_can_be_hit(broken: SimulatorControl) -> None:
    broken.fault(CHART, count=9, member="GB", status=400, reason="videoChartNotFound")
    assert [chart(broken, regionCode=region).status_code for region in ("US", "GB")] == [200, 400]


def test_the_channel_that_a_token_acts_for_can_be_hit(broken: SimulatorControl) -> None:
    first, second = broken.credentials().channels[:2]
    one = first.channel_id
    broken.fault("/v2/", count=9, member=one, reason="forbidden")
    broken.fault("/v1/", count=9, member=one, reason="forbidden", status=403)
    found: dict[str, list[int]] = {}
    for known in (first, second):
        with signed_in(broken, known.handle) as client:
            found[known.handle] = [client.get(path).status_code for path in ("/v2/reports", "/v1/jobs")]
            if known is first:
                assert client.get("/v2/reports").json()["error"]["errors"][0]["reason"] == "forbidden"
                assert client.get("/v1/jobs").json()["error"]["status"] == "PERMISSION_DENIED"
    assert list(found.values()) == [[403, 403], [400, 200]]


def test_a_terminated_channel_answers_without_items(broken: SimulatorControl) -> None:
    own = broken.credentials().channels[0].channel_id
    broken.fault("/youtube/v3/channels", "empty", member=own)
    with signed_in(broken, broken.credentials().channels[0].handle) as client:
        gone, here = (client.get("/youtube/v3/channels", params={"part": "id", "mine": "true"}) for _ in range(2))
    assert (gone.status_code, "items" in gone.json(), gone.json()["pageInfo"]["totalResults"]) == (200, False, 0)
    assert here.json()["items"][0]["id"] == own


@pytest.mark.parametrize(
    ("path", "member", "other", "status"),
    [
        ("/r/gaming/hot.json", "gaming", "/r/movies/hot.json", 302),
        ("/r/gaming/hot.json", "gaming", "/r/movies/hot.json", 403),
        ("/trending/rss?geo=GB", "GB", "/trending/rss?geo=US", 404),
        ("/feeds/newswire.xml", "newswire", "/feeds/magazine.xml", 404),
    ],
)
def test_members_of_other_services_can_be_hit(broken: SimulatorControl, path: str, member: str, other: str, status: int) -> None:
    broken.fault("/", count=9, member=member, status=status)
    assert httpx.get(f"{broken.base_url}{path}").status_code == status
    assert httpx.get(f"{broken.base_url}{other}").status_code == 200


def test_two_faults_meet_in_one_call(broken: SimulatorControl) -> None:
    broken.fault("/youtube/", "slow", count=9, seconds=0.3)
    broken.fault(CHART, "status", status=500)
    broken.fault(CHART, "missing", member="US")
    begin = time.monotonic()
    assert chart(broken).status_code == 500
    assert time.monotonic() - begin >= 0.3
    assert len(chart(broken, regionCode="US").json()["items"]) == 10


def test_faults_of_members_stand_side_by_side_and_are_lifted_one_by_one(broken: SimulatorControl) -> None:
    for region in ("GB", "IN"):
        broken.fault(CHART, count=9, member=region, status=404)
    broken.fault(CHART, count=0, member="GB")
    assert [chart(broken, regionCode=region).status_code for region in ("GB", "IN", "US")] == [200, 404, 200]


def test_old_form_of_a_fault_is_a_status(broken: SimulatorControl) -> None:
    answer = httpx.put(f"{broken.base_url}/_simulator/faults", json={"path_prefix": "/youtube/", "status": 503, "count": 2})
    assert [(fault["kind"], fault["status"], fault["count"]) for fault in answer.json()["faults"]] == [("status", 503, 2)]
    assert chart(broken).status_code == 503


@pytest.mark.parametrize(
    "options",
    [{"kind": "explode"}, {"status": 200}, {"count": -1}, {"kind": "rate", "status": 500}, {"count": "many"}, {"seconds": 1e9}],
)
def test_impossible_faults_are_refused(broken: SimulatorControl, options: dict[str, Any]) -> None:
    given = {"path_prefix": "/", "kind": "status", "count": 1, **options}
    assert httpx.put(f"{broken.base_url}/_simulator/faults", json=given).status_code == 400
    assert chart(broken).status_code == 200


def test_a_video_that_is_marked_must_exist(broken: SimulatorControl) -> None:
    with pytest.raises(Refused, match="no video"):
        broken.mark_video(channel(broken).channel_id[:11])
