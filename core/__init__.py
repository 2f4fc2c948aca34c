"""The ground every other package stands on: settings, time, ids, money, errors, digests, ledgers, Postgres, Redis.

Imports none of the project's packages, and does nothing when imported: no environment read, no folder made, no connection.
"""
