"""The read-only web service: SPARQL, linked data by dereferencing, and pages for people, over any `Store`."""
