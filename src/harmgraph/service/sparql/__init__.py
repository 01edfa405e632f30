"""The SPARQL endpoint: its protocol, its formats, its description, its graphs."""
