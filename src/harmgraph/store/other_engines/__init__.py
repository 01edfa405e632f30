"""Other SPARQL engines as a store: queries out in their dialect, answers in, and releases published to them."""
