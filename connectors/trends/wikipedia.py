"""Wikipedia: the most read articles of a day, and the days of one article (Wikimedia's pageviews API).

It needs no key; a day is out some hours after its end."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from connectors.http import HttpClient, RetryPolicy
from connectors.landing import Rejected
from connectors.members import ARTICLE, read_each
from connectors.trends.source import Observed, TrendObservation
from core.errors import Damaged, NotFound, NotReady

WIKIMEDIA = "https://wikimedia.org"
_NO_TITLE = frozenset({"", "-"})
"""What Wikimedia counts views under whose page it does not know."""


class Wikipedia:
    """Reads how often articles are viewed.

    Args:
        base_url: None means the real service.
        project: one Wikipedia, for example `en.wikipedia`.
    """

    name = "wikipedia"
    valid_for = timedelta(hours=48)

    def __init__(self, base_url: str | None = None, *, project: str = "en.wikipedia", retry: RetryPolicy | None = None) -> None:
        self._client = HttpClient("Wikipedia", base_url or WIKIMEDIA, retry=retry)
        self._project = project

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def observe(self, day: date) -> list[Observed]:
        """The most viewed articles of a day (UTC) without the main page and its like. Raises NotReady where it is not out yet."""
        try:
            path = f"/api/rest_v1/metrics/pageviews/top/{self._project}/all-access/{day:%Y/%m/%d}"
            answer = self._client.get_json(path)
        except NotFound:
            raise NotReady(f"Wikipedia has no list of most read articles for {day}.", "Run this again later.") from None
        try:
            articles = [article for listed in answer["items"] for article in listed["articles"]]
        except (KeyError, TypeError):
            raise Damaged("Wikipedia answered with something that is no list of articles.", "Run it again later.") from None
        found = (self._observation(day, article) for article in articles)
        return [seen for seen in found if isinstance(seen, Rejected) or is_article(seen.payload["article"], self._project)]

    def article_views(self, articles: Iterable[str], first: date, last: date) -> list[Observed]:
        """The days `first` to `last` of single articles, as far as they are out.

        The rank is the day's place in the list, oldest first."""
        return list(read_each(lambda article: self._days(article, first, last), articles, ARTICLE))

    def _days(self, article: str, first: date, last: date) -> list[TrendObservation]:
        place = f"{self._project}/all-access/user/{quote(article, safe='')}/daily/{first:%Y%m%d}/{last:%Y%m%d}"
        answer = self._client.get_json(f"/api/rest_v1/metrics/pageviews/per-article/{place}")
        found = []
        try:
            for rank, item in enumerate(answer["items"], start=1):
                day, views = f"{item['timestamp'][:4]}-{item['timestamp'][4:6]}-{item['timestamp'][6:8]}", int(item["views"])
                payload = {"project": self._project, "article": article, "views": views, "day": day}
                key, title = f"{self._project}:{article}:{day}", article.replace("_", " ")
                found.append(TrendObservation("wikipedia.article", key, title, rank, views, payload))
        except (KeyError, TypeError, ValueError):
            raise Damaged(
                f"Wikipedia answered with something that is no list of days of {article}.", "Run it again later."
            ) from None
        return found

    def _observation(self, day: date, article: Any) -> TrendObservation | Rejected:
        try:
            name, rank, views = str(article["article"]), int(article["rank"]), int(article["views"])
        except (KeyError, TypeError, ValueError):
            return Rejected("An article lacks its name, rank or views.", str(article))
        payload = {"project": self._project, "article": name, "rank": rank, "views": views, "day": day.isoformat()}
        return TrendObservation("wikipedia.top", f"{self._project}:{name}", name.replace("_", " "), rank, views, payload)


def is_article(page: str, project: str) -> bool:
    """Whether a page of a Wikipedia (`de.wikipedia`) is an article: not its main page, nor one of another namespace."""
    main, namespaces = _not_articles(project.partition(".")[0])
    name = page.strip().lstrip(":").replace(" ", "_").casefold()
    return (
        name not in _NO_TITLE
        and name not in main
        and name.partition(":")[0].rstrip("_") not in (namespaces if ":" in name else ())
    )


@cache
def _not_articles(language: str) -> tuple[frozenset[str], frozenset[str]]:
    """Main pages and namespaces of a language's Wikipedia; the English names are valid in all of them."""
    table = tomllib.loads(files("connectors.trends").joinpath("wikipedias.toml").read_text(encoding="utf-8"))
    known = [table["en"], *([table[language]] if language in table else [])]
    main, namespaces = (frozenset(name.casefold() for words in known for name in words[part]) for part in ("main", "namespaces"))
    return main, namespaces
