"""Trend sources: order, what is left out, and a list that is not out yet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date

import pytest

from connectors.http import RetryPolicy
from connectors.landing import Rejected
from connectors.members import LeftOut
from connectors.trends.hackernews import HackerNews
from connectors.trends.source import TrendObservation
from connectors.trends.wikipedia import Wikipedia
from core.errors import Damaged, NotReady
from tests.unit.connectors.scripted import Answer, ScriptedServer, json_answer

DAY = date(2026, 6, 8)
QUIET = RetryPolicy(sleep=lambda seconds: None)


@pytest.fixture
def hackernews(server: ScriptedServer) -> Iterator[HackerNews]:
    with closing(HackerNews(server.url, limit=1, retry=QUIET)) as made:
        yield made


@pytest.fixture
def wikipedia(server: ScriptedServer) -> Iterator[Wikipedia]:
    with closing(Wikipedia(server.url, retry=QUIET)) as made:
        yield made


def test_a_story_keeps_what_is_about_it_and_not_who_posted_it(server: ScriptedServer, hackernews: HackerNews) -> None:
    story = {"id": 7, "type": "story", "by": "someone", "title": "T", "score": 12, "descendants": 3, "time": 1, "kids": [1, 2]}
    server.answers(json_answer([7, 8, 9]), json_answer(story))
    (seen,) = hackernews.observe(DAY)
    assert isinstance(seen, TrendObservation)
    assert (seen.key, seen.rank, seen.score) == ("7", 1, 12)
    assert seen.payload == {"id": 7, "type": "story", "title": "T", "score": 12, "descendants": 3, "time": 1, "rank": 1}


@pytest.mark.parametrize("item", [None, {"id": 7, "deleted": True}, {"id": 7, "title": "T", "dead": True}])
def test_stories_that_are_gone_are_left_out(server: ScriptedServer, hackernews: HackerNews, item: object) -> None:
    server.answers(json_answer([7]), json_answer(item))
    assert hackernews.observe(DAY) == []


def test_articles_without_the_main_page(server: ScriptedServer, wikipedia: Wikipedia) -> None:
    articles = [("Main_Page", 1, 900), ("Special:Search", 2, 800), ("Blue_whale", 3, 700)]
    listed = {"articles": [dict(zip(("article", "rank", "views"), article, strict=True)) for article in articles]}
    server.answers(json_answer({"items": [listed]}))
    (seen,) = wikipedia.observe(DAY)
    assert isinstance(seen, TrendObservation)
    assert server.asked[0].path == "/api/rest_v1/metrics/pageviews/top/en.wikipedia/all-access/2026/06/08"
    assert "ytempire" in server.asked[0].headers["user-agent"]
    assert (seen.key, seen.title, seen.rank, seen.score) == ("en.wikipedia:Blue_whale", "Blue whale", 3, 700)
    assert seen.payload["day"] == "2026-06-08"


PAGES = {
    "en": (
        "-",
        "Main_Page",
        "User:Jo",
        "User_talk:Jo",
        "Template:Box",
        "Special:Search",
        "Wikipedia:About",
        "Category:X",
        "Draft:Y",
    ),
    "de": ("Wikipedia:Hauptseite", "Hauptseite", "Spezial:Suche", "Benutzer:Jo", "Benutzerin:Jo", "Vorlage:X", "Special:Search"),
    "es": ("Wikipedia:Portada", "Especial:Buscar", "Usuario:Jo", "Plantilla:X", "Anexo:Lista", "Categoría:X"),
    "fr": ("Wikipédia:Accueil_principal", "Spécial:Recherche", "Utilisateur:Jo", "Modèle:X", "Portail:Y"),
    "it": ("Pagina_principale", "Speciale:Ricerca", "Utente:Jo", "Aiuto:X", "Portale:Y"),
    "pt": ("Wikipédia:Página_principal", "Especial:Pesquisar", "Usuário(a):Jo", "Predefinição:X", "Ficheiro:A.jpg"),
    "nl": ("Hoofdpagina", "Speciaal:Zoeken", "Gebruiker:Jo", "Overleg_gebruiker:Jo", "Sjabloon:X"),
    "pl": ("Wikipedia:Strona_główna", "Specjalna:Szukaj", "Wikipedysta:Jo", "Szablon:X", "Plik:A.jpg"),
    "tr": ("Anasayfa", "Özel:Ara", "Kullanıcı:Jo", "Şablon:X", "Vikipedi:Hakkında"),
    "ru": ("Заглавная_страница", "Служебная:Поиск", "Участник:Jo", "Шаблон:X", "Википедия:О"),
    "ja": ("メインページ", "特別:検索", "利用者:Jo", "Template:X", "ファイル:A.jpg"),
    "ko": ("위키백과:대문", "특수:검색", "사용자:Jo", "틀:X", "사용자토론:Jo"),
    "hi": ("मुखपृष्ठ", "विशेष:खोज", "सदस्य:Jo", "साँचा:X", "चित्र:A.jpg"),
    "id": ("Halaman_Utama", "Istimewa:Pencarian", "Pengguna:Jo", "Templat:X", "Berkas:A.jpg"),
}


@pytest.mark.parametrize("language", PAGES)
def test_pages_that_are_no_articles_are_no_trends_in_any_language(server: ScriptedServer, language: str) -> None:
    pages = (*PAGES[language], "Avengers:_Endgame", "Blue_whale", "AC/DC", "Star_Trek:_Picard", "1984")
    listed = {"articles": [{"article": page, "rank": rank, "views": 1000 - rank} for rank, page in enumerate(pages, start=1)]}
    server.answers(json_answer({"items": [listed]}))
    with closing(Wikipedia(server.url, project=f"{language}.wikipedia", retry=QUIET)) as wikipedia:
        seen = [one.payload["article"] for one in wikipedia.observe(DAY) if isinstance(one, TrendObservation)]
    assert seen == ["Avengers:_Endgame", "Blue_whale", "AC/DC", "Star_Trek:_Picard", "1984"]


def test_a_story_without_points_has_no_score(server: ScriptedServer, hackernews: HackerNews) -> None:
    server.answers(json_answer([7]), json_answer({"id": 7, "type": "story", "title": "T", "time": 1}))
    (seen,) = hackernews.observe(DAY)
    assert isinstance(seen, TrendObservation)
    assert seen.score is None


def test_a_list_that_is_not_out_yet_is_not_ready(server: ScriptedServer, wikipedia: Wikipedia) -> None:
    server.answers(Answer(404))
    with pytest.raises(NotReady, match="2026-06-08"):
        wikipedia.observe(DAY)


def test_the_days_of_an_article_that_is_known(server: ScriptedServer, wikipedia: Wikipedia) -> None:
    days = {"items": [{"timestamp": "2026060700", "views": 5}, {"timestamp": "2026060800", "views": 7}]}
    server.answers(json_answer(days))
    seen = wikipedia.article_views(["AC/DC"], date(2026, 6, 7), DAY)
    assert server.asked[0].path.endswith("/en.wikipedia/all-access/user/AC%2FDC/daily/20260607/20260608")
    assert [(one.key, one.score) for one in seen if isinstance(one, TrendObservation)] == [
        ("en.wikipedia:AC/DC:2026-06-07", 5),
        ("en.wikipedia:AC/DC:2026-06-08", 7),
    ]


@pytest.mark.parametrize("answer", [Answer(404), Answer(403), json_answer({}), json_answer({"items": [{"views": 1}]})])
def test_an_article_that_cannot_be_read_is_left_out_by_name(server: ScriptedServer, wikipedia: Wikipedia, answer: Answer) -> None:
    server.answers(answer)
    (left,) = wikipedia.article_views(["Nothing"], DAY, DAY)
    assert isinstance(left, LeftOut)
    assert (left.kind, left.member) == ("article", "Nothing")


def test_an_entry_of_the_list_that_is_damaged_is_rejected(server: ScriptedServer, wikipedia: Wikipedia) -> None:
    server.answers(json_answer({"items": [{"articles": [{"article": "A"}, {"article": "B", "rank": 2, "views": 5}]}]}))
    rejected, seen = wikipedia.observe(DAY)
    assert isinstance(rejected, Rejected)
    assert isinstance(seen, TrendObservation)
    assert seen.key == "en.wikipedia:B"


@pytest.mark.parametrize("answer", [Answer(404), json_answer({"id": 8, "title": "T"}), json_answer([7])])
def test_a_story_that_cannot_be_read_is_left_out_by_name(server: ScriptedServer, hackernews: HackerNews, answer: Answer) -> None:
    server.answers(json_answer([7]), answer)
    (left,) = hackernews.observe(DAY)
    assert isinstance(left, LeftOut)
    assert (left.kind, left.member) == ("item", "7")


@pytest.mark.parametrize("answer", [json_answer({"error": "x"}), json_answer(["7"])])
def test_a_front_page_that_is_none_is_damaged(server: ScriptedServer, hackernews: HackerNews, answer: Answer) -> None:
    server.answers(answer)
    with pytest.raises(Damaged):
        hackernews.observe(DAY)
