"""Vectors as the database's `vector` type writes them. No driver for it is needed: it is text on both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def to_text(vector: NDArray[np.float32]) -> str:
    """A vector as a literal: `[0.1,0.2]`. The shortest digits that give the same float32 again."""
    return f"[{','.join(map(str, vector))}]"


def from_text(text: str) -> NDArray[np.float32]:
    """A vector from its literal: shape (dimension,)."""
    import numpy as np

    return np.array(text[1:-1].split(","), dtype=np.float32)
