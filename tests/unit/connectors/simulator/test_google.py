"""Small pieces of Google's manners."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from connectors.simulator.apis.google import page_offset, page_token
from connectors.simulator.apis.youtube_data import iso_duration, three_digits


@given(st.integers(0, 1_000_000))
def test_page_tokens_come_back(offset: int) -> None:
    scope = {"type": "http", "query_string": f"pageToken={page_token(offset)}".encode(), "headers": []}
    assert page_offset(Request(scope)) == offset


def test_page_tokens_look_like_youtubes() -> None:
    assert [page_token(offset) for offset in (5, 10, 50)] == ["CAUQAA", "CAoQAA", "CDIQAA"]


def test_durations_are_written_as_youtube_does() -> None:
    assert [iso_duration(seconds) for seconds in (0, 59, 60, 3723, 86_400, 90_061)] == [
        "P0D", "PT59S", "PT1M", "PT1H2M3S", "P1D", "P1DT1H1M1S",
    ]  # fmt: skip


def test_subscribers_are_rounded_down_to_three_digits() -> None:
    assert [three_digits(count) for count in (0, 7, 999, 1234, 98_765_432)] == [0, 7, 999, 1230, 98_700_000]
