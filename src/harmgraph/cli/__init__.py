"""The command line: arguments in, calls into the pipeline and the service, tables and clear errors out.

One module per kind of work; here they become commands.
"""

from __future__ import annotations

import typer

from harmgraph.cli import (
    building,
    fetching,
    inbox_reviewing,
    link_checking,
    link_coverage,
    link_reviewing,
    link_suggesting,
    linking,
    loading,
    measuring,
    publishing,
    querying,
    releasing,
    serving,
)

app = typer.Typer(
    help="The knowledge graph of AI harms: build it, validate it, serve it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _command in (
    building.build,
    building.candidates,
    building.convert,
    building.validate,
    building.sources,
    building.stats,
    fetching.fetch,
    loading.load,
    measuring.quality,
    publishing.publish,
    querying.query,
    releasing.diff,
    serving.serve,
):
    app.command()(_command)

_releases = typer.Typer(help="List the releases, switch back to one, delete old ones.", invoke_without_command=True)
_releases.callback()(releasing.releases)
_releases.command()(releasing.switch)
_releases.command()(releasing.prune)
app.add_typer(_releases, name="releases")

_link = typer.Typer(help="Links to Wikidata: what names mean, and who says so.", no_args_is_help=True)
_link.command()(linking.match)
_link.command()(link_coverage.stats)
_link.command()(link_suggesting.suggest)
_link.command()(link_suggesting.resolve)
_link.command()(link_reviewing.review)
_link.command()(link_checking.check)
_link.command("slice")(link_checking.slice_)
app.add_typer(_link, name="link")

_inbox = typer.Typer(help="What readers suggest: list it, show it, accept or reject it.", no_args_is_help=True)
_inbox.command("list")(inbox_reviewing.list_)
_inbox.command()(inbox_reviewing.show)
_inbox.command()(inbox_reviewing.accept)
_inbox.command()(inbox_reviewing.reject)
_inbox.command()(inbox_reviewing.undo)
app.add_typer(_inbox, name="inbox")
