"""``python -m harmgraph.service.running.process FD``: one of several server processes, on its parent's socket."""

from __future__ import annotations

import logging
import signal
import socket
import sys

from harmgraph.errors import HarmgraphError
from harmgraph.service.running import logs
from harmgraph.service.running.server import run_on
from harmgraph.settings import Settings
from harmgraph.store.local import isolation

_LIFELINE = 0
"""Standard input: a pipe of which the parent holds the other end."""


def main() -> int:
    """Serve until told to end; the exit code."""
    isolation.die_at_the_end_of(_LIFELINE)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # the parent blocks those that it waits for
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    settings = Settings.from_environment()
    logs.choose_format(settings.log_format)
    try:
        run_on(socket.socket(fileno=int(sys.argv[1])), settings)
    except (HarmgraphError, OSError) as error:
        logging.getLogger(__name__).error("this server process cannot serve: %s", error)  # noqa: TRY400
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
