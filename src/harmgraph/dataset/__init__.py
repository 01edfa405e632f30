"""The sorted dump of a release → its description in VoID and DCAT 3, the graph ``dataset``.

`counting` reads the dump once, `distinct` counts its objects in little memory, `description` says it in RDF.
"""

from harmgraph.dataset.description import DATASET, DUMP, GRAPH, LICENCE, SPARQL, Part, describe

__all__ = ["DATASET", "DUMP", "GRAPH", "LICENCE", "SPARQL", "Part", "describe"]
