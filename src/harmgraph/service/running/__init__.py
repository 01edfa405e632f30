"""The processes that serve: sharing a port, changing releases, writing the log."""
