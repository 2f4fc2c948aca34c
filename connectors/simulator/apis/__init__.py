"""One module per imitated API. Each offers `ROUTES`; what they share of Google's manners is in `google` and `fieldmask`."""
