"""The protocol of sentence encoders, and which one the settings ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from core.clock import Clock
from core.ledger.cost import CostLedger
from core.money import usd
from core.settings import Settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DIMENSION = 384
"""Of every encoder here, so that one column of the database holds them all."""


class Encoder(Protocol):
    """Turns texts into vectors whose cosine says how near their meanings are."""

    @property
    def name(self) -> str:
        """Vendor and model: vectors of different names cannot be compared."""
        ...

    @property
    def dimension(self) -> int:
        """Numbers per vector."""
        ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row per text, in their order: shape (n, dimension), each of length one."""
        ...


def open_encoder(settings: Settings, ledger: CostLedger, clock: Clock) -> Encoder:
    """The hosted encoder where a key is set, else the local one. Loads nothing before the first text."""
    from connectors.embeddings.minilm import MiniLmEncoder
    from connectors.embeddings.openai import OpenAiEncoder

    if settings.openai_api_key is None:
        return MiniLmEncoder()
    return OpenAiEncoder(
        settings.openai_api_key.get_secret_value(),
        ledger,
        clock,
        cap_usd_micros=usd(settings.embeddings_cap_per_day_usd),
        base_url=settings.openai_base_url,
    )
