"""Films out of plans: timeline, pictures, captions, sound, renderer, thumbnails, and the facts of a finished file.

Everything here is a pure function of its arguments: the same plan and narration give the same bytes. No network, no database;
the words of a film are written by `generation.steps`, its voice comes from `connectors.media`."""
