"""Where queries are answered: `base.Store` is the one seam, `opening` the one place that knows which store it is.

releases/        releases on disk: made aside, sealed, switched to, loaded, indexed by words
local/           the embedded store: a keeper process holds a release, its workers evaluate queries
other_engines/   a SPARQL engine elsewhere as the store, and releases published to it
federation/      SERVICE clauses, followed to listed endpoints only
query_text/      queries as tokens: what is read and rewritten without parsing them
"""
