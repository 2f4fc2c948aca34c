"""Loads the code location before the tests do: Dagster's beta notices are warnings, and warnings are errors here."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import orchestration.definitions  # noqa: F401
