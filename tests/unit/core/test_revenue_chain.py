"""What a chain of income records says, whatever steps are taken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.ledger.revenue import RevenueStatus, Standing, cancelled, confirmed

STEPS = st.lists(st.tuples(st.sampled_from([confirmed, cancelled]), st.one_of(st.none(), st.integers(-5, 150))), max_size=8)


@given(expected=st.integers(1, 100), steps=STEPS)
def test_a_chain_counts_once_and_is_never_a_loss(expected: int, steps: list) -> None:
    stands, paid, fell = Standing(RevenueStatus.EXPECTED, expected), None, 0
    confirmations = 0
    for step, amount in steps:
        before = stands
        try:
            stands = step(stands, amount)
        except InvalidInput:
            continue
        if step is confirmed:
            confirmations += 1
            paid, fell = before.amount_usd_micros if amount is None else amount, 0
        else:
            fell += before.amount_usd_micros if amount is None else amount
        base = (expected if paid is None else paid) - fell
        assert stands.amount_usd_micros == base >= 0
        assert (stands.status is RevenueStatus.CANCELLED) == (base == 0)
    assert confirmations <= 1


@pytest.mark.parametrize("status", [RevenueStatus.CONFIRMED, RevenueStatus.CANCELLED, RevenueStatus.REVERSED])
def test_only_what_is_expected_is_confirmed(status: RevenueStatus) -> None:
    with pytest.raises(InvalidInput, match=f"is {status} already"):
        confirmed(Standing(status, 5), 5)


def test_no_more_is_cancelled_than_stands() -> None:
    with pytest.raises(InvalidInput, match="cannot be cancelled"):
        cancelled(Standing(RevenueStatus.EXPECTED, 5), 6)
