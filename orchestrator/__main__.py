"""`python -m orchestrator`, and `xagent orchestrator`, which starts it."""

from __future__ import annotations

import os
import sys
from typing import Final

from orchestrator.errors import CannotStart
from orchestrator.logs import configure
from orchestrator.server import serve
from orchestrator.settings import environment, read_settings

EX_CONFIG: Final = 78
"""Exit status of a start that cannot succeed until something outside is changed (sysexits.h)."""


def main() -> int:
    """Serve until told to stop; returns the exit status."""
    os.umask(0o077)  # the journal tells what logged-in browsers did: nothing here is for others
    try:
        settings = read_settings(sys.argv[1:], environment())
        configure(settings.log_format)
        serve(settings)
    except CannotStart as error:
        print(f"xagent orchestrator: {error}", file=sys.stderr)
        return EX_CONFIG
    return 0


if __name__ == "__main__":
    sys.exit(main())
