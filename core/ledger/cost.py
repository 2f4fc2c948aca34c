"""Money spent on a slot's paid steps, held under the slot's cap. Amounts are integer micro-USD."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.errors import BudgetExceeded
from core.ledger.book import Book
from core.ledger.store import LedgerStore
from core.money import UsdMicros, format_usd


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
        return CostReservation(held.reservation_id, key, step, slot, vendor, UsdMicros(held.amount), at, held.is_committed)

    def commit(self, reservation: CostReservation, actual_usd_micros: int) -> None:
        """The step was paid: charge what it cost, even above the estimate. Repeating it changes nothing."""
        self._book.commit(reservation.reservation_id, reservation.key, reservation.slot, actual_usd_micros, reservation.at)

    def release(self, reservation: CostReservation) -> None:
        """Nothing was paid: give the estimate back. Raises InvalidInput when it is already committed."""
        self._book.release(reservation.reservation_id, reservation.key, reservation.slot, reservation.at)

    def total(self, slot: str) -> UsdMicros:
        """What is reserved or spent on a slot, in micro-USD."""
        return UsdMicros(self._book.balance(slot))
