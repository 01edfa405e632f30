"""What readers suggest → files that a maintainer reviews: the one thing here that the web may write.

`reading` makes RDF of what was sent, `keeping` takes from it what is kept, `checking` holds that against the shapes,
`folder` writes it, `deciding` records what became of it and `drafting` makes a curated record of it. Nothing in this
package shows a suggestion to anybody but the maintainer.
"""
