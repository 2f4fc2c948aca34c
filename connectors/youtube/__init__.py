"""YouTube through Google's official client: Data API, Analytics API, Reporting API and resumable uploads.

`client.YouTube` is the one way in. Every call is reserved in the quota ledger before it is made (`quota.QuotaGate`), and every
failure becomes one of `core.errors`. What rows a day's partition is made of is said in `rows`."""
