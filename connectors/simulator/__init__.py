"""A local stand-in for the outside services, speaking their real wire formats over HTTP, with a world that obeys them all.

Layers, lower first: `identity` and `scenario` (who exists), `topics` and `titles` (what they speak about), `audience` (how
people answer), `markets` (whose charts: synthetic or replayed), `playlists`, `comments`, `competitors`, `talk` and `breakdowns`
(what follows from videos and topics), `world` (everything, at a moment), `state` (what callers did), `apis` (one module per
imitated API), `faults` (what goes wrong on the way), `app` (the server). `process` starts it and steers it from other
processes. Nothing outside this folder may import anything here but `process`; the real clients never know that they talk to it.
"""
