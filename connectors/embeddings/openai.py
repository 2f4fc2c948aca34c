"""The hosted sentence encoder: OpenAI's text-embedding-3-small, asked for the dimension of the local one. Paid by the token."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from connectors.embeddings.encoder import DIMENSION
from connectors.hosted import openai_client
from connectors.http import RetryPolicy
from core.clock import Clock
from core.digest import digest_value
from core.errors import BudgetExceeded, Damaged, YtempireError
from core.ledger.cost import CostLedger, CostReservation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MODEL = "text-embedding-3-small"
PRICE_AS_OF = "2025-08-07"
USD_MICROS_PER_MILLION_TOKENS = 20_000
"""Standard rate of platform.openai.com/docs/pricing on PRICE_AS_OF."""
MOST_BYTES = 8_000
"""A token is at least one byte, and the model takes 8,192 tokens of a text."""
BATCH = 32
"""Keeps a request under the service's 300,000 tokens."""


class OpenAiEncoder:
    """Encodes at OpenAI, within a cap per day (UTC).

    Args:
        ledger: where each request's money is reserved before it is sent.
        cap_usd_micros: the most that a day's encoding may cost; BudgetExceeded beyond.
        base_url: None for the real service.
    """

    name = f"openai {MODEL}"
    dimension = DIMENSION

    def __init__(
        self,
        api_key: str,
        ledger: CostLedger,
        clock: Clock,
        *,
        cap_usd_micros: int,
        base_url: str | None = None,
        timeout_seconds: float = 60.0,
        retry: RetryPolicy | None = None,
    ) -> None:
        self._api_key = api_key
        self._ledger = ledger
        self._clock = clock
        self._cap = cap_usd_micros
        self._base_url = base_url
        self._timeout_seconds = timeout_seconds
        self._retry = retry or RetryPolicy()

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `Encoder.encode`. Raises BudgetExceeded before a request would pass the cap, and the service's errors."""
        import numpy as np

        cut = [_cut(text) for text in texts]
        batches = [self._paid(cut[begin : begin + BATCH]) for begin in range(0, len(cut), BATCH)]
        return np.concatenate(batches) if batches else np.zeros((0, DIMENSION), dtype=np.float32)

    def _paid(self, batch: list[str]) -> NDArray[np.float32]:
        return self._retry.call(lambda: self._attempt(batch))

    def _attempt(self, batch: list[str]) -> NDArray[np.float32]:
        """One call, booked for itself: of several that time out each may be billed."""
        estimate = _price(sum(len(text.encode()) for text in batch))
        reservation = self._reserve(digest_value([self.name, batch]), estimate)
        try:
            answer = self._ask(batch)
            vectors = _vectors(answer, len(batch))
        except YtempireError as error:
            if isinstance(error, Damaged) or error.is_billed:  # it will be billed: the estimate is the safe side
                self._ledger.commit(reservation, estimate)
            else:
                self._ledger.release(reservation)
            raise
        self._ledger.commit(reservation, _price(answer.usage.total_tokens))
        return vectors

    def _reserve(self, request: str, estimate: int) -> CostReservation:
        """The reservation of this request. Vectors are kept by the caller, so the same texts asked anew are paid anew."""
        now = self._clock.now()
        account = f"embeddings|{now.date()}"
        attempt = 1
        while True:
            key = f"{account}/{request[:32]}/{attempt}"
            try:
                held = self._ledger.reserve(key, "embeddings", account, self.name, estimate, self._cap, now)
            except BudgetExceeded as error:
                remedy = "Raise YTEMPIRE_EMBEDDINGS_CAP_PER_DAY_USD, or unset OPENAI_API_KEY for the local encoder."
                raise BudgetExceeded(error.message, remedy) from None
            if not held.already_done:
                return held
            attempt += 1

    def _ask(self, batch: list[str]) -> Any:
        with openai_client(self._api_key, self._base_url, self._timeout_seconds) as client:
            return client.embeddings.create(model=MODEL, input=batch, dimensions=DIMENSION, encoding_format="base64")


def _cut(text: str) -> str:
    """At most MOST_BYTES of a text on one line; never empty, which the service refuses."""
    return " ".join(text.split()).encode()[:MOST_BYTES].decode(errors="ignore") or "-"


def _price(tokens: int) -> int:
    return -(-tokens * USD_MICROS_PER_MILLION_TOKENS // 1_000_000)


def _vectors(answer: Any, count: int) -> NDArray[np.float32]:
    """The answer's vectors in the order of the texts, each of length one."""
    import numpy as np

    try:
        data = sorted(answer.data, key=lambda one: one.index)
        found = np.stack([np.frombuffer(base64.b64decode(one.embedding, validate=True), dtype="<f4") for one in data])
    except (TypeError, ValueError, AttributeError, binascii.Error):
        found = np.zeros((0, 0), dtype=np.float32)
    norms = np.linalg.norm(found, axis=-1, keepdims=True)
    if found.shape != (count, DIMENSION) or not np.all(np.isfinite(norms)) or not norms.all():
        raise Damaged(f"OpenAI gave no {count} vectors of {DIMENSION} numbers.", "Run it again.")
    unit: NDArray[np.float32] = (found / norms).astype(np.float32)
    return unit
