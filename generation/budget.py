"""Paying once: a slot's paid calls go through the cost ledger, and an answer that was paid for is used again.

The order is reserve → call → keep the answer → commit. A crash between any two leaves either an open reservation, which the
next run takes over, or a kept answer, which the next run commits; nothing is bought twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.clock import Clock
from core.digest import digest_value
from core.errors import Damaged, YtempireError
from core.ids import SlotId
from core.ledger.cost import CostLedger, CostReservation
from generation.artifacts import ArtifactStore


@dataclass(frozen=True)
class Paid:
    """An answer of a paid service, as bytes, and what it cost."""

    content: bytes
    cost_usd_micros: int


class Budget:
    """The purse of one slot.

    Args:
        ledger: where money is reserved and committed.
        artifacts: where answers are kept.
        slot: whose money it is.
        cap_usd_micros: the most that all steps of the slot may cost together.
        clock: of the ledger's entries.
    """

    def __init__(self, ledger: CostLedger, artifacts: ArtifactStore, slot: SlotId, cap_usd_micros: int, clock: Clock) -> None:
        self.artifacts = artifacts
        self._ledger = ledger
        self._slot = slot
        self._cap = cap_usd_micros
        self._clock = clock

    @property
    def spent_usd_micros(self) -> int:
        """What the slot's steps have reserved or spent so far."""
        return self._ledger.total(str(self._slot))

    def pay_once(self, step: str, vendor: str, request_digest: str, estimate_usd_micros: int, call: Callable[[], Paid]) -> bytes:
        """Give the answer to a request: the kept one, or that of `call`, which is paid for and kept.

        Args:
            request_digest: content hash of everything that the answer depends on.
            estimate_usd_micros: the most that the call can cost.
            call: asks the service. An answer that cost nothing (a local stand-in) is passed on, but not kept.

        Raises BudgetExceeded before anything is paid when the slot would pass its cap, and whatever `call` raises.
        """
        memory = digest_value([str(self._slot), step, request_digest])
        kept = self.artifacts.recall(memory)
        reservation = self._reserve(step, vendor, request_digest, estimate_usd_micros, is_answered=kept is not None)
        if kept is not None:
            cost, _, content = kept.partition(b"\n")
            self._ledger.commit(reservation, int(cost))
            return content
        try:
            paid = call()
        except Damaged:  # the service answered, so it will bill: the estimate is the safe side
            self._ledger.commit(reservation, estimate_usd_micros)
            raise
        except YtempireError:
            self._ledger.release(reservation)
            raise
        if not paid.cost_usd_micros:
            self._ledger.release(reservation)
            return paid.content
        self.artifacts.remember(memory, b"%d\n%b" % (paid.cost_usd_micros, paid.content))
        self._ledger.commit(reservation, paid.cost_usd_micros)
        return paid.content

    def _reserve(self, step: str, vendor: str, request: str, estimate: int, *, is_answered: bool) -> CostReservation:
        """The reservation of this request. One that was paid, but whose answer is lost, is followed by another."""
        attempt = 1
        while True:
            key = f"{self._slot}/{step}/{request[:32]}/{attempt}"
            held = self._ledger.reserve(key, step, str(self._slot), vendor, estimate, self._cap, self._clock.now())
            if is_answered or not held.already_done:
                return held
            attempt += 1
