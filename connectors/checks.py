"""Whether a raw landing may be built on, by Great Expectations. Shape only: how tables relate is said by dbt's data tests.

The rows of a landing, which can be millions, are read as a stream and counted by the rules that also sift them
(`connectors.sift`): rows that landed before a rule was made, or past it, are found here. What the library is given is the profile
of a landing, one line with a column for each claim. The library (seconds to import) is loaded once per process."""

from __future__ import annotations

import os
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

import orjson

from connectors.landing import LandedRow, RawRow, asset_key
from connectors.shapes import SHAPES
from connectors.sift import AHEAD, rules_of, value_at

if TYPE_CHECKING:
    from great_expectations import ValidationDefinition
    from sqlalchemy import Engine

MOST_EXAMPLES = 5
EXAMPLE_CHARACTERS = 60
MOST_COLUMNS = 12
ROWS_AT_ONCE = 2000


@dataclass(frozen=True)
class Finding:
    """One claim about a table's rows and whether it holds.

    Attributes:
        claim: for example `views is a number of zero or more`.
        is_warning: a failure says that something is probably missing, not that what is there is wrong.
        unexpected_count: rows that break the claim, each counted for the first that it breaks; of a claim on the whole table 0.
        examples: a few of the values that do, or keys of rows without any; of a claim on the whole table what was found.
    """

    claim: str
    success: bool
    is_warning: bool
    unexpected_count: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class ValidationReport:
    """All claims about the landings of one table."""

    table: str
    row_count: int
    findings: tuple[Finding, ...]

    @property
    def broken(self) -> tuple[Finding, ...]:
        """Claims that do not hold, errors first."""
        return tuple(sorted((found for found in self.findings if not found.success), key=lambda found: found.is_warning))

    @property
    def success(self) -> bool:
        """Whether all claims hold."""
        return not self.broken

    @property
    def is_usable(self) -> bool:
        """Whether all claims hold but for warnings: the warehouse may be built on the rows."""
        return all(found.is_warning for found in self.broken)


def validate_landings(engine: Engine, table: str, first: date, last: date) -> ValidationReport:
    """Check the landed rows of the days `first` to `last`, both included. Memory does not grow with them."""
    return validate_rows(table, _stream(engine, table, first, last), days=(last - first).days + 1)


def validate_rows(table: str, rows: Iterable[LandedRow], days: int = 1) -> ValidationReport:
    """Check rows of some days against the shape of their table. Raises UnknownName for other tables."""
    import pandas as pd

    profile = _profile(table, rows)
    outcome = _definition(table, days).run(batch_parameters={"dataframe": pd.DataFrame([profile.columns(table)])})
    findings = (_finding(result, profile) for result in outcome.results)
    return ValidationReport(table, profile.row_count, tuple(findings))


@dataclass
class _Profile:
    """What a landing's rows come to.

    Attributes:
        broken, examples: by claim.
        seen: names of the payloads.
    """

    row_count: int = 0
    broken: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    seen: set[str] = field(default_factory=set)

    def columns(self, table: str) -> dict[str, Any]:
        counts = {claim.holds: self.broken[claim.holds] for claim in rules_of(table).claims}
        absent = [name for name in SHAPES[table].known if name not in self.seen] if self.row_count else []
        self.examples[_KNOWN] = absent[:MOST_EXAMPLES]
        return {**counts, _ENOUGH: self.row_count, _KNOWN: len(absent)}


_ENOUGH = "there are as many rows as expected"
_KNOWN = "every documented column came"


def _profile(table: str, rows: Iterable[LandedRow]) -> _Profile:
    broken_by = rules_of(table).broken_by
    is_documented = bool(SHAPES[table].known)
    profile = _Profile()
    for row in rows:
        profile.row_count += 1
        claim = broken_by(row.row_key, row.payload, row.fetched_at + AHEAD)
        if claim is not None:
            profile.broken[claim.holds] += 1
            examples = profile.examples[claim.holds]
            if len(examples) < MOST_EXAMPLES:
                value = None if claim.value is None else claim.value(row.payload)
                examples.append(str(row.row_key if value in (None, "") else value)[:EXAMPLE_CHARACTERS])
        if is_documented:
            profile.seen.update(row.payload)
    return profile


def _stream(engine: Engine, table: str, first: date, last: date) -> Iterator[LandedRow]:
    asset_key(table)
    query = f"select partition_on, row_key, fetched_at, source, payload::text from {table}"  # noqa: S608 (from TABLES)
    with engine.connect().execution_options(stream_results=True, yield_per=ROWS_AT_ONCE) as connection:
        for row in connection.exec_driver_sql(f"{query} where partition_on between %s and %s", (first, last)):
            yield LandedRow(row.partition_on, row.row_key, row.fetched_at, row.source, orjson.loads(row.payload))


def _finding(result: Any, profile: _Profile) -> Finding:
    config = result.expectation_config
    claim = config.kwargs["column"]
    examples = profile.examples.get(claim) or [str(profile.row_count)]
    success = bool(result.success)
    return Finding(claim, success, config.severity == "warning", profile.broken[claim], () if success else tuple(examples))


def readable(table: str, rows: Sequence[RawRow]) -> list[dict[str, str]]:
    """Rows for people: the key and the first fields that the table's shape speaks of."""
    columns = {name: value_at(shown.path) for name, shown in islice(SHAPES[table].fields.items(), MOST_COLUMNS)}
    return [{"row_key": row.row_key, **{name: _cell(get(row.payload)) for name, get in columns.items()}} for row in rows]


def _cell(value: Any) -> str:
    return "" if value is None else str(value)


@cache
def _library() -> tuple[Any, Any, Any]:
    """Great Expectations, its expectations, and a context in memory that reports nothing to anyone."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # the library has no other way to be told, and reads it when imported
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its imports warn about each other's age, which helps nobody here
        import great_expectations as gx
        from great_expectations import expectations

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    return gx, expectations, context


@cache
def _definition(table: str, days: int) -> ValidationDefinition:
    """The suite of a table: of no claim may a row break it; as warnings, enough rows and the documented columns."""
    gx, expect, context = _library()
    name = f"{table} {days}"

    def at_most(column: str, most: int, severity: str = "critical") -> Any:
        return expect.ExpectColumnMaxToBeBetween(column=column, max_value=most, severity=severity)

    expectations = [at_most(claim.holds, 0) for claim in rules_of(table).claims]
    least = SHAPES[table].least_rows * days
    expectations.append(expect.ExpectColumnMaxToBeBetween(column=_ENOUGH, min_value=least, severity="warning"))
    if SHAPES[table].known:
        expectations.append(at_most(_KNOWN, 0, "warning"))
    suite = context.suites.add(gx.ExpectationSuite(name=name, expectations=expectations))
    frame = context.data_sources.add_or_update_pandas(name).add_dataframe_asset(name)
    batch = frame.add_batch_definition_whole_dataframe(name)
    return gx.ValidationDefinition(name=name, data=batch, suite=suite)
