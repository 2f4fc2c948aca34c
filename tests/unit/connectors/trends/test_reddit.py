"""Reddit: posts without persons, the app's token, and listings that are none."""

from __future__ import annotations

import base64
from contextlib import closing
from datetime import date
from typing import Any

import pytest

from connectors.http import RetryPolicy
from connectors.landing import Rejected
from connectors.members import LeftOut
from connectors.trends.reddit import Reddit
from connectors.trends.source import Observed, TrendObservation
from core.errors import Damaged, Refused
from tests.unit.connectors.scripted import Answer, ScriptedServer, json_answer

DAY = date(2026, 6, 8)
POST: dict[str, Any] = {
    "id": "abc",
    "subreddit": "gaming",
    "title": "Sky  Forge is out",
    "score": 12,
    "num_comments": 3,
    "created_utc": 1780900000.0,
    "permalink": "/r/gaming/comments/abc/",
    "author": "someone",
    "author_fullname": "t2_x",
    "selftext": "I am someone",
    "over_18": False,
    "stickied": False,
}


def listing(*posts: dict[str, Any]) -> Answer:
    return json_answer({"kind": "Listing", "data": {"children": [{"kind": "t3", "data": post} for post in posts]}})


def read(
    server: ScriptedServer, *answers: Answer, client: tuple[str, str] | None = None, of: tuple[str, ...] = ("gaming",)
) -> list[Observed]:
    server.answers(*answers)
    quiet = RetryPolicy(sleep=lambda seconds: None)
    with closing(Reddit(server.url, subreddits=of, client=client, retry=quiet)) as reddit:
        return list(reddit.observe(DAY))


def test_a_post_keeps_what_is_about_it_and_not_who_posted_it(server: ScriptedServer) -> None:
    (seen,) = read(server, listing(POST))
    assert isinstance(seen, TrendObservation)
    assert (seen.key, seen.title, seen.rank, seen.score) == ("gaming:abc", "Sky Forge is out", 1, 12)
    assert not {"author", "author_fullname", "selftext"} & seen.payload.keys()
    assert "someone" not in str(seen.payload)


def test_pinned_posts_take_no_place(server: ScriptedServer) -> None:
    (seen,) = read(server, listing({**POST, "id": "rules", "stickied": True}, POST))
    assert isinstance(seen, TrendObservation)
    assert (seen.key, seen.rank) == ("gaming:abc", 1)


def test_with_keys_a_token_is_asked_for_first(server: ScriptedServer) -> None:
    read(server, json_answer({"access_token": "t0k"}), listing(POST), client=("id", "secret"))
    asked, read_with = server.asked
    assert (asked.method, asked.path) == ("POST", "/api/v1/access_token")
    assert asked.headers["authorization"] == "Basic " + base64.b64encode(b"id:secret").decode()
    assert read_with.headers["authorization"] == "Bearer t0k"


def test_refused_keys_are_told_without_them(server: ScriptedServer) -> None:
    with pytest.raises(Refused) as raised:
        read(server, json_answer({"message": "Unauthorized"}, 401), client=("id", "s3cret"))
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize(
    "answer", [json_answer([]), json_answer({"data": None}), json_answer({"error": 1}), Answer(200, b"<html>")]
)
def test_what_is_no_listing_is_damaged(server: ScriptedServer, answer: Answer) -> None:
    with pytest.raises(Damaged):
        read(server, answer)


@pytest.mark.parametrize(
    "change",
    [{"title": None}, {"score": "many"}, {"created_utc": None}, {"created_utc": 1e300}, {"created_utc": 9e9}, {"title": " "}],
)
def test_a_wrong_post_is_told_and_the_rest_is_read(server: ScriptedServer, change: dict[str, Any]) -> None:
    rejected, seen = read(server, listing({**POST, **change}, {**POST, "id": "next"}))
    assert isinstance(rejected, Rejected)
    assert rejected.place == "post 1 of r/gaming"
    assert isinstance(seen, TrendObservation)


@pytest.mark.parametrize(
    "answer",
    [
        json_answer({"reason": "private"}, 403),
        json_answer({}, 404),
        Answer(302, b"", {"Location": "/subreddits"}),
        Answer(200, b"<"),
    ],
)
def test_a_subreddit_that_is_private_banned_or_moved_is_left_out_by_name(server: ScriptedServer, answer: Answer) -> None:
    left, seen = read(server, answer, listing(POST), of=("shut", "gaming"))
    assert isinstance(left, LeftOut)
    assert (left.kind, left.member) == ("subreddit", "shut")
    assert isinstance(seen, TrendObservation)


def test_when_no_subreddit_can_be_read_the_error_is_raised(server: ScriptedServer) -> None:
    with pytest.raises(Refused):
        read(server, json_answer({}, 403), json_answer({}, 403), of=("shut", "gaming"))


def test_a_score_that_reddit_hides_is_not_known(server: ScriptedServer) -> None:
    (seen,) = read(server, listing({**POST, "score": None}))
    assert isinstance(seen, TrendObservation)
    assert seen.score is None
