"""The store on this machine: a release held by a keeper process, whose workers evaluate one query at a time."""
