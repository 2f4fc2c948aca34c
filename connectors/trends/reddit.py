"""Reddit: the hot posts of chosen subreddits, at this moment.

With an app's keys over OAuth (client credentials), without them as the public JSON, which Reddit limits far more. What a post
says is kept, who posted it is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote

from connectors.http import HttpClient, RetryPolicy, open_client
from connectors.landing import Rejected
from connectors.members import SUBREDDIT, read_each
from connectors.trends.markup import is_far_ahead
from connectors.trends.source import Observed, TrendObservation
from core.errors import Damaged

REDDIT = "https://www.reddit.com"
REDDIT_API = "https://oauth.reddit.com"
KEPT = (
    "id",
    "subreddit",
    "title",
    "score",
    "upvote_ratio",
    "num_comments",
    "created_utc",
    "permalink",
    "domain",
    "link_flair_text",
    "is_self",
    "over_18",
)
"""Fields that are kept: those about the post, not about the person who posted it."""


class Reddit:
    """Reads the hot listings.

    Args:
        base_url: None means the real service.
        subreddits: names without `r/`.
        client: id and secret of an app registered with Reddit; None reads the public JSON.
        limit: posts per subreddit, at most 100.
    """

    name = "reddit"
    valid_for = timedelta(hours=24)

    def __init__(
        self,
        base_url: str | None = None,
        *,
        subreddits: Sequence[str],
        client: tuple[str, str] | None = None,
        limit: int = 50,
        retry: RetryPolicy | None = None,
    ) -> None:
        self._base_url = base_url
        self._subreddits = tuple(subreddits)
        self._client = client
        self._limit = limit
        self._retry = retry

    def close(self) -> None:
        """Nothing is open between calls: a token lives no longer than one."""

    def observe(self, day: date) -> Iterator[Observed]:
        """The hot posts of this moment, subreddit after subreddit, without those that moderators pinned."""
        with closing(self._open()) as http:

            def posts_of(subreddit: str) -> Iterator[TrendObservation | Rejected]:
                listing = http.get_json(f"/r/{quote(subreddit, safe='')}/hot.json", {"limit": str(self._limit), "raw_json": "1"})
                posts = [post for post in _posts(listing, subreddit) if not post.get("stickied")]
                return (_observation(post, rank, subreddit, day) for rank, post in enumerate(posts, start=1))

            yield from read_each(posts_of, self._subreddits, SUBREDDIT, workers=1)

    def _open(self) -> HttpClient:
        if self._client is None:
            return HttpClient("Reddit", self._base_url or REDDIT, retry=self._retry)
        with closing(HttpClient("Reddit", self._base_url or REDDIT, retry=self._retry)) as door:
            given = door.post_form("/api/v1/access_token", {"grant_type": "client_credentials"}, user=self._client)
        token = given.get("access_token") if isinstance(given, dict) else None
        if not isinstance(token, str):
            raise Damaged("Reddit gave no access token.", "Check YTEMPIRE_REDDIT_CLIENT_ID and its secret.")
        base_url = self._base_url or REDDIT_API
        allowed = open_client(base_url, headers={"Authorization": f"Bearer {token}"})
        return HttpClient("Reddit", base_url, retry=self._retry, client=allowed)


def _posts(listing: Any, subreddit: str) -> list[dict[str, Any]]:
    try:
        posts = [child["data"] for child in listing["data"]["children"] if child["kind"] == "t3"]
        if not all(isinstance(post, dict) for post in posts):
            raise TypeError
    except (KeyError, TypeError):
        raise Damaged(f"Reddit's listing of r/{subreddit} has not the form of one.", "Run it again later.") from None
    return posts


def _observation(post: dict[str, Any], rank: int, subreddit: str, day: date) -> TrendObservation | Rejected:
    place = f"post {rank} of r/{subreddit}"
    try:
        post_id, title = str(post["id"]), " ".join(post["title"].split())
        score = None if post.get("score") is None else int(post["score"])  # Reddit may hide it
        created = datetime.fromtimestamp(float(post["created_utc"]), UTC)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError):
        return Rejected("A post lacks its id, title, score or time.", str(sorted(post)), place=place)
    key = f"{subreddit}:{post_id}"
    if not title or is_far_ahead(created, day):
        return Rejected("A post has no title, or was written in the future.", title, key, place)
    payload = {name: post[name] for name in KEPT if name in post} | {"title": title, "rank": rank}
    return TrendObservation("reddit.hot", key, title, rank, score, payload)
