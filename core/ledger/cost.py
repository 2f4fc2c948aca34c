"""Money spent on a slot: paid steps, held under the slot's cap, and the machine's own work and storage, which nobody bills and no
cap stops. Amounts are integer micro-USD."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.errors import BudgetExceeded
from core.ledger.book import Book, Held
from core.ledger.store import LedgerStore
from core.money import UsdMicros, format_usd

_NO_LIMIT = 2**62


@dataclass(frozen=True)
class CostReservation:
    """Money set aside for one paid step of a slot."""

    reservation_id: str
    key: str
    step: str
    slot: str
    vendor: str
    usd_micros: UsdMicros
    """The estimate; of a reservation that is already done, what it cost."""
    at: datetime
    account: str = ""
    """That of the ledger; the slot's own for what counts towards its cap."""
    already_done: bool = False
    """The step under this key was paid before: its result must be at hand, and nothing may be bought again."""


class CostLedger:
    """Keeps each slot within its cap, over all processes that share the store."""

    def __init__(self, store: LedgerStore) -> None:
        self._book = Book(store, "cost")

    def reserve(
        self, key: str, step: str, slot: str, vendor: str, estimate_usd_micros: int, cap_usd_micros: int, at: datetime
    ) -> CostReservation:
        """Set an estimate aside before paying. See `book.py` for what a repeated key gives.

        Raises BudgetExceeded when the slot would pass its cap, InvalidInput for a negative estimate or an `at` without zone.
        """

        def refusal(spent: int) -> BudgetExceeded:
            return BudgetExceeded(
                f"Step {step!r} of {slot} needs {format_usd(estimate_usd_micros)} for {vendor}, and {format_usd(spent)} of its"
                f" cap of {format_usd(cap_usd_micros)} are spent.",
                "Raise YTEMPIRE_COST_CAP_PER_VIDEO_USD, or run without the vendor's key for the local one.",
            )

        labels = {"slot": slot, "step": step, "vendor": vendor}
        held = self._book.reserve(slot, key, estimate_usd_micros, cap_usd_micros, labels, at, refusal)
        return _reservation(held, slot, at)

    def reserve_local(self, key: str, step: str, slot: str, vendor: str, at: datetime) -> CostReservation:
        """Name a piece of the machine's own work before it is done; what it came to is known, and committed, afterwards.

        It stands on an account of its own beside the slot's, so that a video that is paid for is also rendered. Raises
        InvalidInput for an `at` without zone."""
        labels = {"slot": slot, "step": step, "vendor": vendor}
        # Nothing is set aside, so nothing is refused.
        held = self._book.reserve(_local(slot), key, 0, _NO_LIMIT, labels, at, lambda _: OverflowError(_local(slot)))
        return _reservation(held, slot, at)

    def commit(self, reservation: CostReservation, actual_usd_micros: int) -> None:
        """The step was paid: charge what it cost, even above the estimate. Repeating it changes nothing."""
        self._book.commit(reservation.reservation_id, reservation.key, reservation.account, actual_usd_micros, reservation.at)

    def release(self, reservation: CostReservation) -> None:
        """Nothing was paid: give the estimate back. Raises InvalidInput when it is already committed."""
        self._book.release(reservation.reservation_id, reservation.key, reservation.account, reservation.at)

    def total(self, slot: str) -> UsdMicros:
        """What is reserved or spent on a slot, the machine's own work included, in micro-USD."""
        return UsdMicros(self._book.balance(slot) + self._book.balance(_local(slot)))


def _local(slot: str) -> str:
    return f"{slot}/local"


def _reservation(held: Held, slot: str, at: datetime) -> CostReservation:
    step, vendor = held.labels["step"], held.labels["vendor"]
    return CostReservation(
        held.reservation_id, held.key, step, slot, vendor, UsdMicros(held.amount), at, held.account, held.is_committed
    )
