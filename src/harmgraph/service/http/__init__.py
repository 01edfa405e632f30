"""What any answer over HTTP needs: negotiation, conditions, caching, compression, headers, the log."""
