"""Queries that count and list over the whole graph, answered column by column rather than row by row."""
