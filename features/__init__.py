"""The single definition of every model input: Feast entities, views and services, their transforms, and the two doors
`retrieval.historical` and `retrieval.online`.

Feast takes seconds to import, so `codec` and `transforms` do without it and every other module is imported where it is used,
inside a function. Nothing here knows a model: fitted statistics are values (`codec`) that travel with the model."""
