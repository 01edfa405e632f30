"""The folder ``docs/`` → the site under ``/docs``, in the service's own templates and style.

`reading` finds the pages and their order, `rendering` makes HTML of one, `building` writes them all and refuses dead
links. ``python -m tools.documentation`` is ``make docs``. The service only sends the files.
"""
