"""The BentoML services: one per model, each servable alone, and `api`, which is all three in one process.

Why one process and not three behind `bentoml.depends`: each would hold Feast and its own connections (about 0.4 GB), and every
request would cross a second HTTP hop. Where one model needs its own machines, serve its module and route its path there.

Only these modules and `serving.packaging` import bentoml."""
