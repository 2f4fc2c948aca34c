"""Networks and baseline rules as plain `torch.nn.Module`s: a float32 matrix of raw inputs in (rows, inputs), NaN where unknown,
one logit per row out (rows,). Lightning, files and registries stay out."""
