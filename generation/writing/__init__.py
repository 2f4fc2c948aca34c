"""Words: numbers as they are spoken, titles as they can be read aloud, the local writer and the hosted one.

The steps that use these are `generation.steps.script` and, for the check that every number is true, `generation.steps.policy`."""
