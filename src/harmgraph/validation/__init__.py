"""Any RDF file + the shapes graph → a report of what does not fit, by either of two engines.

`validate` runs the fast engine, which carries the builds; `validate_reference` runs pySHACL, which says what the
answer should be. Both give the same `Report`. ``docs/reference/shapes.md`` lists the shapes.
"""

from harmgraph.validation.engines import compiled, validate, validate_graph, validate_reference
from harmgraph.validation.report import Report, Result
from harmgraph.validation.shapes import HGS, ShapesGraph

__all__ = ["HGS", "Report", "Result", "ShapesGraph", "compiled", "validate", "validate_graph", "validate_reference"]
