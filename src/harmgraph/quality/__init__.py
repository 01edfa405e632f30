"""A release → what can be said of the quality of its data: findings, conformance, coverage, disagreements.

`measuring` reads the files of the release and asks its store, once, while it is built; ``quality.json`` in the release
is the result. `dqv` says it in the Data Quality Vocabulary, `wording` for people. ``docs/reference/data-quality.md``
defines each measure.
"""

from harmgraph.quality.measuring import FILE, measured, read

__all__ = ["FILE", "measured", "read"]
