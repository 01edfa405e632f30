"""Pages for people, and the searches, charts and lists in them."""
