"""The web service over any `Store`: SPARQL, linked data, and pages for people. `suggestions` is all that writes."""
