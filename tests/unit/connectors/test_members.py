"""The rule on errors of members: whose an error is, that batches lose only who fails, and when the call itself fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.landing import TABLES
from connectors.members import ALIKE, CHANNEL, REGION, VIDEO, LeftOut, Members, in_parts, is_its_own, members_of, read_each
from connectors.youtube.credentials import NotConnected
from connectors.youtube.oauth import ConsentEnded, EndOfConsent
from core.errors import (
    AccountRefused,
    BudgetExceeded,
    Damaged,
    Environment,
    Forbidden,
    InvalidInput,
    NotConfigured,
    NotFound,
    NotReady,
    QuotaExhausted,
    RateLimited,
    Refused,
    ServiceFailed,
    Unreachable,
    YtempireError,
)

OWN = [
    Forbidden("no"),
    Refused("no"),
    NotFound("no"),
    Damaged("no"),
    InvalidInput("no"),
    AccountRefused("no"),
    ConsentEnded(EndOfConsent.REVOKED),
    NotConnected("no"),
]
OF_THE_CALL = [
    QuotaExhausted("spent"),
    BudgetExceeded("spent"),
    NotConfigured("no key"),
    NotReady("not yet"),
    Environment("no disk"),
    Unreachable("away"),
    RateLimited("slow"),
    ServiceFailed("down"),
]
BATCH = 50


def reading(bad: dict[str, YtempireError]) -> Callable[[str], Iterator[str]]:
    """Reads one row of each member but the bad ones."""

    def read(name: str) -> Iterator[str]:
        if name in bad:
            raise bad[name]
        yield f"row of {name}"

    return read


@pytest.mark.parametrize("error", OWN, ids=lambda error: type(error).__name__)
def test_a_permanent_error_leaves_its_member_out_and_no_other(error: YtempireError) -> None:
    assert is_its_own(error)
    rows = list(read_each(reading({"b": error}), "abc", REGION))
    assert [row for row in rows if isinstance(row, str)] == ["row of a", "row of c"]
    (left,) = [row for row in rows if isinstance(row, LeftOut)]
    assert (left.kind, left.member, left.reason, left.error) == (REGION, "b", error.message, error)


@pytest.mark.parametrize("error", OF_THE_CALL, ids=lambda error: type(error).__name__)
def test_transient_errors_quota_and_settings_belong_to_the_call(error: YtempireError) -> None:
    assert not is_its_own(error)
    with pytest.raises(type(error)):
        list(read_each(reading({"b": error}), "abc", REGION))


def test_a_bug_is_no_members_error() -> None:
    assert not is_its_own(KeyError("x"))


@pytest.mark.parametrize("error", [ServiceFailed("down"), Unreachable("away"), NotFound("gone")])
def test_members_that_are_services_of_their_own_keep_transient_errors_too(error: YtempireError) -> None:
    rows = list(read_each(reading({"b": error}), "abc", "feed", apart=True))
    assert [row.member for row in rows if isinstance(row, LeftOut)] == ["b"]


def test_where_every_one_of_a_standing_kind_fails_the_first_error_is_raised() -> None:
    with pytest.raises(Forbidden, match="first"):
        list(read_each(reading({"a": Forbidden("first"), "b": NotFound("second")}), "ab", CHANNEL))


@pytest.mark.parametrize(("count", "is_raised"), [(1, False), (ALIKE - 1, False), (ALIKE, True), (40, True)])
def test_many_videos_that_fail_alike_are_the_calls_failure_and_few_are_not(count: int, is_raised: bool) -> None:
    names = [f"v{place}" for place in range(count)]
    bad: dict[str, YtempireError] = {name: Forbidden(f"no {name}") for name in names}
    if is_raised:
        with pytest.raises(Forbidden, match="v0"):
            list(read_each(reading(bad), names, VIDEO))
    else:
        assert [row.member for row in read_each(reading(bad), names, VIDEO) if isinstance(row, LeftOut)] == names


def test_one_that_has_nothing_to_tell_was_read() -> None:
    def read(name: str) -> Iterator[str]:
        if name != "a":
            raise Forbidden("no")
        yield from ()

    assert len(list(read_each(read, [f"{place}" for place in range(9)] + ["a"], VIDEO))) == 9


def test_an_account_that_is_refused_is_left_out_once_and_asked_once() -> None:
    asked: list[str] = []

    def read(name: str) -> Iterator[str]:
        asked.append(name)
        if name.startswith("b"):
            raise AccountRefused("no consent")
        yield name

    rows = list(read_each(read, ["a1", "b1", "b2", "a2", "b3"], VIDEO, workers=1, owner=lambda name: f"UC{name[0]}"))
    assert [row if isinstance(row, str) else (row.kind, row.member) for row in rows] == ["a1", (CHANNEL, "UCb"), "a2"]
    assert asked == ["a1", "b1", "a2"]


def test_a_reading_in_several_steps_fails_only_as_a_whole() -> None:
    members = Members(CHANNEL)
    assert [left.member for left in members.read("a", lambda: reading({"a": NotFound("gone")})("a")) if isinstance(left, LeftOut)]
    with pytest.raises(NotFound):
        members.finish()
    assert members.read("b", lambda: ["row"]) == ["row"]
    members.finish()
    assert [left.member for left in members.left_out] == ["a"]


@given(st.integers(1, 130), st.sets(st.integers(0, 129)))
def test_a_batch_loses_only_who_fails(count: int, bad_places: set[int]) -> None:
    names = [f"v{place:03}" for place in range(count)]
    bad = {f"v{place:03}" for place in bad_places} & set(names)
    calls = 0

    def read(some: Sequence[str]) -> list[str]:
        nonlocal calls
        calls += 1
        if bad & set(some):
            raise NotFound("one of them")
        return list(some)

    batches = [names[start : start + BATCH] for start in range(0, count, BATCH)]
    try:
        rows: list[str | LeftOut] = list(in_parts(read, batches, VIDEO))
    except NotFound:
        # Each of eight parts, or every single one, holds a bad one.
        assert len(bad) >= min(8, count)
        assert calls <= 24
        return
    assert sorted(row for row in rows if isinstance(row, str)) == sorted(set(names) - bad)
    assert sorted(row.member for row in rows if isinstance(row, LeftOut)) == sorted(bad)
    assert calls <= len(batches) + 2 * len(bad) * 6


def test_an_error_of_the_account_or_the_call_is_not_looked_for_in_parts() -> None:
    for error in (AccountRefused("no"), QuotaExhausted("spent"), ServiceFailed("down")):
        calls = 0

        def read(some: Sequence[str], error: YtempireError = error) -> list[str]:
            nonlocal calls
            calls += 1
            raise error

        with pytest.raises(type(error)):
            list(in_parts(read, [["a", "b", "c"]], VIDEO))
        assert calls == 1


@pytest.mark.parametrize("table", TABLES)
def test_every_table_says_whose_its_rows_are(table: str) -> None:
    assert members_of(table) or table == "raw_wikipedia.pageviews"
