"""`python -m docs.generator`: write what is generated anew, or `--check` what is stale.

That is the blocks of the documentation, and the SDK's methods for the actions.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

from docs.generator.blocks import render
from docs.generator.pages import PAGES, ROOT, make_block
from docs.generator.sdk.modules import stale_modules


def stale_pages(*, write: bool = False) -> list[str]:
    """Return the pages whose blocks differ from what the code says; *write* mends them."""
    stale = []
    for name in PAGES:
        path = ROOT / name
        before = path.read_text(encoding="utf-8")
        after = render(before, make_block)
        if after != before:
            stale.append(name)
            if write:
                path.write_text(after, encoding="utf-8")
    return stale


def main() -> int:
    """Return the exit status: 1 if `--check` found something stale."""
    parser = argparse.ArgumentParser(prog="python -m docs.generator", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing")
    is_check = parser.parse_args().check
    stale = stale_modules(write=not is_check)
    if stale and not is_check:
        # The page of the SDK is made from the methods, which are other ones now.
        sys.stdout.write("".join(f"{name} written\n" for name in stale))
        return subprocess.run([sys.executable, "-m", "docs.generator"], check=False).returncode
    stale += stale_pages(write=not is_check)
    for name in stale:
        sys.stdout.write(f"{name} {'is stale' if is_check else 'written'}\n")
    return 1 if stale and is_check else 0


if __name__ == "__main__":
    sys.exit(main())
