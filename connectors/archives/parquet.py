"""Rows of a Parquet file, a batch at a time, in bounded memory."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from connectors.archives.files import Source
from core.errors import Damaged

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

MOST_ROWS = 16_384
BATCH_BYTES = 8 << 20


@contextmanager
def open_parquet(source: Source) -> Iterator[ParquetFile]:
    """Open a Parquet file; one within an archive is put beside first, for its index stands at its end. Raises Damaged."""
    import pyarrow
    from pyarrow.parquet import ParquetFile

    with source.open() as stream:
        try:
            with _seekable(stream) as file, ParquetFile(file, pre_buffer=False) as parquet:
                yield parquet
        except (pyarrow.ArrowException, OSError) as error:
            first = (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
            raise Damaged(f"{source.name} is damaged: {first[:200]}.", "Fetch or export it again; nothing landed.") from None


@contextmanager
def _seekable(stream: IO[bytes]) -> Iterator[IO[bytes]]:
    if hasattr(stream, "fileno") and type(stream).__module__ in ("_io", "io"):
        yield stream
        return
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(stream, copy, 1 << 20)
        copy.seek(0)
        yield copy


def rows(parquet: ParquetFile) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Pairs of row number, from 1, and values in the order of the columns: text, numbers, truth values, times, or None."""
    metadata, first = parquet.metadata, 1
    size = sum(metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups))
    at_once = max(1, min(MOST_ROWS, BATCH_BYTES * metadata.num_rows // max(size, 1)))
    for batch in parquet.iter_batches(at_once, use_threads=False):
        columns = [_values(column) for column in batch.columns]
        yield from enumerate(zip(*columns, strict=True), first)
        first += batch.num_rows


def _values(column: Any) -> list[Any]:
    import pyarrow as pa

    plain = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
    if pa.types.is_timestamp(plain.type):  # nanoseconds would come as values of pandas
        plain = plain.cast(pa.timestamp("us", plain.type.tz), safe=False)
    return plain.to_pylist()  # type: ignore[no-any-return]
