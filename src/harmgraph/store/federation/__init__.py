"""Following SERVICE clauses (SPARQL 1.1 Federated Query): from the service process, to listed endpoints only.

`rewriting` is where to start. See ``docs/decisions/service-clauses-become-values.md``.
"""
