"""The ontology's graph → the page that documents it: tables by pyLODE, diagrams, constraints and example queries.

`outline` knows the terms, `constraints` what the shapes ask of them, `usage` which queries use them, `diagrams` how
they hang together; `documentation` has pyLODE make the table of each term of all this, `page` puts them together.
"""
