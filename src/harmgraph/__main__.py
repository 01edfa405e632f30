"""``python -m harmgraph`` is the command `harmgraph`."""

from harmgraph.cli import app

app(prog_name="harmgraph")
