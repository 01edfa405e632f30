"""Reads the text of queries without parsing them: tokens, prologue, clauses, and rewrites with equal answers."""
