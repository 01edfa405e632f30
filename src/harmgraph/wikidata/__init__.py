"""Wikidata on the network → candidates, checks and a slice of it on disk. Only for who asks for it.

``client`` asks politely and keeps answers; ``reconciliation`` and ``entities`` speak the two protocols; ``suggesting``
puts them together. What an item is and what is done with it offline stands in `harmgraph.linking`.
"""
