"""The champions over HTTP: one BentoML server for the trend, quality and ctr models, what packs them for it, and its client.

Knows the models only as exported programs with a signature; never their networks. Sibling of generation,
which it does not import."""
