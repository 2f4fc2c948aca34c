"""Append-only ledgers of YouTube quota and of money: reserve before acting, then commit or release.

`store.py` keeps entries (in Postgres or in memory), `book.py` knows the life of a reservation, `quota.py` and `cost.py` say what
is counted, against which limit, and in whose words a refusal is told.
"""
