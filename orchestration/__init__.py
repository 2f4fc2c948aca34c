"""The only package that knows Dagster: assets, jobs, schedules, resources, and the `ytempire` command.

Asset bodies are a few lines that call the plain libraries below; what they need comes from `orchestration.stack.Stack`."""
