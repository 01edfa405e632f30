"""Two releases, snapshots or N-Quads files → what their records say differently, resource by resource.

`sides` finds what is to be compared, `comparing` merges the two sorted dumps, `writing` prints the differences.
"""

from harmgraph.diff.comparing import Change, Difference, Summary, compare
from harmgraph.diff.sides import Side, find_side
from harmgraph.diff.writing import FORMATS, write

__all__ = ["FORMATS", "Change", "Difference", "Side", "Summary", "compare", "find_side", "write"]
