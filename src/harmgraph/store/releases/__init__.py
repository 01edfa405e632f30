"""Releases on disk: made aside, sealed, switched to, loaded into an engine, indexed by words."""
