"""The knowledge graph of AI harms. Start reading at `harmgraph.pipeline`, the table of contents."""

from importlib.metadata import version

__version__ = version("harmgraph")
