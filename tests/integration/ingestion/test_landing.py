"""Landings on a real Postgres: whole or not at all, and the same however often they are repeated."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from connectors.landing import RawRow, Rejected, Stopped, has_landed, land, landed, last_landing
from connectors.members import LeftOut
from core.errors import InvalidInput, UnknownName

pytestmark = pytest.mark.postgres

DAY = date(2026, 6, 8)
NOON = datetime(2026, 6, 8, 12, tzinfo=UTC)
TABLE = "raw_youtube.videos"


def rows(*keys: str, **payload: Any) -> list[RawRow]:
    return [RawRow(key, {"id": key, **payload}, "test") for key in keys]


def keys(engine: Engine, day: date = DAY) -> list[str]:
    return [row.row_key for row in landed(engine, TABLE, day, day)]


def landings(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("select count(*) from ops.landings")).scalar_one())


def test_a_landing_replaces_its_partition_and_no_other(database: Engine) -> None:
    land(database, TABLE, DAY - timedelta(days=1), rows("old"), NOON)
    land(database, TABLE, DAY, rows("a", "b", "c"), NOON)
    landing = land(database, TABLE, DAY, rows("b"), NOON + timedelta(hours=1))
    assert landing.row_count == 1
    assert keys(database) == ["b"]
    assert keys(database, DAY - timedelta(days=1)) == ["old"]
    (row,) = landed(database, TABLE, DAY, DAY)
    assert row.fetched_at == NOON + timedelta(hours=1)


def test_the_same_rows_have_the_same_digest_in_any_order(database: Engine) -> None:
    first = land(database, TABLE, DAY, rows("a", "b"), NOON)
    again = land(database, TABLE, DAY, rows("b", "a"), NOON)
    other = land(database, TABLE, DAY, rows("a", "b", views=1), NOON)
    assert first.digest == again.digest != other.digest
    assert first.landing_id < again.landing_id < other.landing_id


def test_of_equal_keys_the_last_wins(database: Engine) -> None:
    land(database, TABLE, DAY, [*rows("a", n=1), *rows("a", n=2)], NOON)
    (row,) = landed(database, TABLE, DAY, DAY)
    assert row.payload["n"] == 2


def bad_rows(kind: str) -> Any:
    yield from rows("new")
    if kind == "source breaks":
        raise ConnectionError
    yield RawRow("" if kind == "empty key" else "bad", {"n": float("nan") if kind == "not json" else 1}, "test")


@pytest.mark.parametrize(
    ("kind", "error"), [("source breaks", ConnectionError), ("not json", InvalidInput), ("empty key", Exception)]
)
def test_a_failed_landing_leaves_the_old_rows(database: Engine, kind: str, error: type[Exception]) -> None:
    land(database, TABLE, DAY, rows("old"), NOON)
    with pytest.raises(error):
        land(database, TABLE, DAY, bad_rows(kind), NOON)
    assert keys(database) == ["old"]
    assert landings(database) == 1


def test_a_landing_that_is_killed_leaves_the_old_rows(database: Engine) -> None:
    land(database, TABLE, DAY, rows("old"), NOON)
    with database.begin() as connection:
        connection.execute(
            text(
                "create function kill_me() returns trigger language plpgsql as"
                " 'begin perform pg_terminate_backend(pg_backend_pid()); return new; end'"
            )
        )
        connection.execute(text(f"create trigger t before insert on {TABLE} for each row execute function kill_me()"))
    with pytest.raises(Exception, match=r"terminat|connection"):
        land(database, TABLE, DAY, rows("new"), NOON)
    assert keys(database) == ["old"]
    assert landings(database) == 1


json_text = st.text(st.characters(), max_size=6)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | json_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(json_text, inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(json_text, json_values, max_size=3), max_size=4))
def test_any_json_is_taken(database: Engine, payloads: list[dict[str, Any]]) -> None:
    landing = land(database, TABLE, DAY, [RawRow(f"key-{n}", payload, "test") for n, payload in enumerate(payloads)], NOON)
    assert landing.row_count == len(landed(database, TABLE, DAY, DAY)) == len(payloads)


def test_characters_that_copy_treats_specially_survive(database: Engine) -> None:
    nasty = 'tab\t newline\n backslash\\ \\N quote" nul\x00 half\ud800 grin😀'
    land(database, TABLE, DAY, [RawRow("a", {"title": nasty}, "test")], NOON)
    (row,) = landed(database, TABLE, DAY, DAY)
    assert row.payload["title"] == nasty.replace("\x00", "").replace("\ud800", "�")


def test_landings_of_one_partition_take_turns(database: Engine) -> None:
    begin = threading.Barrier(6)

    def work(number: int) -> None:
        begin.wait()
        land(database, TABLE, DAY, rows("same", f"own-{number}"), NOON)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert landings(database) == 6
    assert len(keys(database)) == 2


def test_what_has_landed_before_is_known(database: Engine) -> None:
    assert last_landing(database, TABLE, DAY) is None
    assert not has_landed(database, TABLE, DAY)
    earlier = land(database, TABLE, DAY - timedelta(days=2), rows("a"), NOON - timedelta(days=2))
    land(database, TABLE, DAY, [], NOON)
    found = last_landing(database, TABLE, DAY)
    assert found == earlier
    assert has_landed(database, TABLE, DAY)


def test_only_raw_tables_are_written(database: Engine) -> None:
    with pytest.raises(UnknownName):
        land(database, "ops.channels", DAY, [], NOON)


def test_rejected_rows_lie_in_quarantine_with_their_reason(database: Engine) -> None:
    long = "x" * 5_000
    landing = land(database, TABLE, DAY, [*rows("a"), Rejected("It is no video.", long, "b\x00", "line 7")], NOON)
    assert (landing.row_count, landing.rejected_count, keys(database)) == (1, 1, ["a"])
    with database.connect() as connection:
        row = connection.execute(text("select * from ops.rejected_rows")).one()
    assert (row.asset_key, row.landing_id, row.row_key, row.place) == ("raw_youtube/videos", landing.landing_id, "b", "line 7")
    assert (row.reason, row.payload, row.rejected_at) == ("It is no video.", long[:2_000], NOON)


def test_a_stopped_landing_keeps_what_it_did_not_reach(database: Engine) -> None:
    land(database, TABLE, DAY, rows("a", "b", n=1), NOON)
    stopped = land(database, TABLE, DAY, [*rows("b", "c", n=2), Stopped("No quota is left.")], NOON + timedelta(hours=1))
    assert (stopped.row_count, stopped.stopped_by, keys(database)) == (3, "No quota is left.", ["a", "b", "c"])
    assert [row.payload["n"] for row in landed(database, TABLE, DAY, DAY)] == [1, 2, 2]
    later = DAY + timedelta(days=1)
    assert last_landing(database, TABLE, later) == stopped
    complete = last_landing(database, TABLE, later, complete=True)
    assert complete is not None
    assert complete.landing_id < stopped.landing_id


def of_channel(key: str, channel: str, **payload: Any) -> RawRow:
    return RawRow(key, {"id": key, "snippet": {"channelId": channel}, **payload}, "test")


def test_what_a_member_had_stays_where_it_was_left_out_and_nothing_else_does(database: Engine) -> None:
    land(database, TABLE, DAY, [of_channel("a", "UC1"), of_channel("b", "UC2"), of_channel("c", "UC2"), *rows("d")], NOON)
    left = LeftOut("channel", "UC1", "It is closed.", "Take it off the list.")
    landing = land(database, TABLE, DAY, [left, of_channel("b", "UC2", n=2), left], NOON + timedelta(hours=1))
    assert (landing.row_count, keys(database), landing.left_out, landing.stopped_by) == (2, ["a", "b"], (left,), None)
    assert last_landing(database, TABLE, DAY + timedelta(days=1)) == landing
    with database.connect() as connection:
        row = connection.execute(text("select * from ops.left_out_members")).one()
        count = connection.execute(text("select max(left_out_count) from ops.landings")).scalar_one()
    assert (row.asset_key, row.landing_id, row.partition_on) == ("raw_youtube/videos", landing.landing_id, DAY)
    assert (row.member_kind, row.member_id, row.reason, row.remedy) == (
        "channel",
        "UC1",
        "It is closed.",
        "Take it off the list.",
    )
    assert (row.left_out_at, count) == (NOON + timedelta(hours=1), 1)


def test_where_it_is_not_known_whose_rows_are_all_stay(database: Engine) -> None:
    land(database, TABLE, DAY, rows("a", "b"), NOON)
    land(database, TABLE, DAY, [*rows("b"), LeftOut("planet", "x", "It is away.")], NOON)
    assert keys(database) == ["a", "b"]


def test_names_of_members_may_be_told_in_another_case(database: Engine) -> None:
    posts = [RawRow(f"{name}:1", {"id": "1"}, "test") for name in ("Music", "gaming")]
    land(database, "raw_reddit.posts", DAY, posts, NOON)
    land(database, "raw_reddit.posts", DAY, [LeftOut("subreddit", "music", "It is private.")], NOON)
    assert [row.row_key for row in landed(database, "raw_reddit.posts", DAY, DAY)] == ["Music:1"]


def test_a_large_landing_needs_no_memory_of_its_size(database: Engine) -> None:
    import tracemalloc

    many = (RawRow(f"v{n}", {"id": n, "text": "x" * 1_000}, "test") for n in range(20_000))
    tracemalloc.start()
    landing = land(database, TABLE, DAY, many, NOON)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert landing.row_count == 20_000
    assert peak < 4_000_000
