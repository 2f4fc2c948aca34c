"""Paying once: a slot's paid calls go through the cost ledger, and an answer that was paid for is used again.

The order is reserve → call → keep the answer → commit. A crash between any two leaves either an open reservation, which the
next run takes over, or a kept answer, which the next run commits; nothing is bought twice. What was paid for in vain is kept
too: an answer that was refused, or a call that may be billed and gave none. The next provider takes over, on every later run.

What the machine itself does for a slot is booked beside that, by `LocalWork`, at prices that the settings state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from core.clock import Clock, cpu_seconds
from core.digest import digest_value
from core.errors import Damaged, YtempireError
from core.ids import SlotId
from core.ledger.cost import CostLedger, CostReservation
from core.money import usd
from generation.artifacts import ArtifactStore
from generation.values import Artifact

Answer = TypeVar("Answer")


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
        """As `buy`, for an answer that needs no reading."""
        return self.buy(step, vendor, request_digest, estimate_usd_micros, call, lambda content: content)

    def buy(
        self,
        step: str,
        vendor: str,
        request_digest: str,
        estimate_usd_micros: int,
        call: Callable[[], Paid],
        read: Callable[[bytes], Answer],
    ) -> Answer:
        """Give what `read` makes of the answer to a request: of the kept one, or of that of `call`, which is paid for and kept.

        A request that was paid for in vain is not sent again: its call may have been billed though nothing came (the error's
        `is_billed`, or Damaged), or `read` refused its answer. What it cost stays booked, and the same request fails at once.

        Args:
            request_digest: content hash of everything that the answer depends on, the provider's name included.
            estimate_usd_micros: the most that the call can cost; booked where it is not known what a call cost.
            call: asks the service. An answer that cost nothing (a local stand-in) is passed on, but not kept.
            read: makes a value of an answer. An error of ours that it raises refuses the answer for good.

        Raises BudgetExceeded before anything is paid when the slot would pass its cap, Damaged for a request that was paid for in
        vain before, and whatever `call` and `read` raise.
        """
        memory, vain = (digest_value([str(self._slot), step, request_digest, *more]) for more in ((), ("in vain",)))
        lost, kept = self.artifacts.recall(vain), self.artifacts.recall(memory)
        known = kept if lost is None else lost
        reservation = self._reserve(step, vendor, request_digest, estimate_usd_micros, is_answered=known is not None)
        if known is not None:
            cost, _, content = known.partition(b"\n")
            if lost is not None:
                self._ledger.commit(reservation, int(cost))
                raise Damaged(content.decode(), f"It was paid for, so {vendor} is not asked the same again.")
            return self._read(vain, reservation, Paid(content, int(cost)), read)
        try:
            paid = call()
        except YtempireError as error:
            if isinstance(error, Damaged) or error.is_billed:  # what it cost is not known: the estimate is the safe side
                self._keep(vain, reservation, Paid(error.message.encode(), estimate_usd_micros))
            else:
                self._ledger.release(reservation)
            raise
        if not paid.cost_usd_micros:
            self._ledger.release(reservation)
            return read(paid.content)
        self._keep(memory, reservation, paid)
        return self._read(vain, reservation, paid, read)

    def _read(self, vain: str, reservation: CostReservation, paid: Paid, read: Callable[[bytes], Answer]) -> Answer:
        try:
            answer = read(paid.content)
        except YtempireError as error:
            self._keep(vain, reservation, Paid(error.message.encode(), paid.cost_usd_micros))
            raise
        self._ledger.commit(reservation, paid.cost_usd_micros)
        return answer

    def _keep(self, memory: str, reservation: CostReservation, paid: Paid) -> None:
        """Keep what became of a call, then book it; what was spent is booked even where the disk is full."""
        try:
            self.artifacts.remember(memory, b"%d\n%b" % (paid.cost_usd_micros, paid.content))
        finally:
            self._ledger.commit(reservation, paid.cost_usd_micros)

    def _reserve(self, step: str, vendor: str, request: str, estimate: int, *, is_answered: bool) -> CostReservation:
        """The reservation of this request. One that was paid, but whose answer is lost, is followed by another."""
        attempt = 1
        while True:
            key = f"{self._slot}/{step}/{request[:32]}/{attempt}"
            held = self._ledger.reserve(key, step, str(self._slot), vendor, estimate, self._cap, self._clock.now())
            if is_answered or not held.already_done:
                return held
            attempt += 1


CPU, STORAGE = "cpu", "storage"
"""Vendors of what the machine itself does."""


@dataclass(frozen=True)
class LocalPrices:
    """What an hour of one processor core and a month of a gigabyte (10⁹ bytes) cost, in US dollars."""

    cpu_hour_usd: Decimal
    storage_gb_month_usd: Decimal


class LocalWork:
    """Books the processor time and the storage of one slot's steps.

    Args:
        ledger: where it is booked.
        slot: whose work it is.
        prices: in force.
        clock: of the ledger's entries.
        spent_seconds: processor time used so far.
    """

    def __init__(
        self,
        ledger: CostLedger,
        slot: SlotId,
        prices: LocalPrices,
        clock: Clock,
        spent_seconds: Callable[[], float] = cpu_seconds,
    ) -> None:
        self._ledger = ledger
        self._slot = str(slot)
        self._prices = prices
        self._clock = clock
        self._spent_seconds = spent_seconds

    @contextmanager
    def computing(self, step: str, inputs_digest: str, attempt: str) -> Iterator[None]:
        """Book the processor time of the block: that of a finished step once for equal inputs, that of each attempt that failed.

        A step that is run again finds its result and books nothing."""
        name = f"{self._slot}/{step}/{CPU}/{inputs_digest[:32]}"
        held = self._ledger.reserve_local(name, step, self._slot, CPU, self._clock.now())
        before = self._spent_seconds()
        try:
            yield
        except BaseException:
            failed = self._ledger.reserve_local(f"{name}/failed/{attempt}", step, self._slot, CPU, self._clock.now())
            self._ledger.commit(failed, self._cpu_cost(before))
            raise
        self._ledger.commit(held, self._cpu_cost(before))

    def store(self, step: str, artifacts: Iterable[Artifact]) -> None:
        """Book a month of storage for files, each content once per slot."""
        for artifact in artifacts:
            key = f"{self._slot}/{step}/{STORAGE}/{artifact.digest}"
            held = self._ledger.reserve_local(key, step, self._slot, STORAGE, self._clock.now())
            price = self._prices.storage_gb_month_usd * artifact.size_bytes / 10**9
            self._ledger.commit(held, usd(price))

    def _cpu_cost(self, before: float) -> int:
        seconds = Decimal(max(self._spent_seconds() - before, 0.0))
        return usd(self._prices.cpu_hour_usd * seconds / 3600)
