"""What crawlers, harvesters and clients dereference: things, releases, dumps, feeds, fragments, the past."""
