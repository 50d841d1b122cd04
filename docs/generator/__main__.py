"""`python -m docs.generator`: write the generated blocks anew, or `--check` which are stale."""

from __future__ import annotations

import argparse
import sys

from docs.generator.blocks import render
from docs.generator.pages import PAGES, ROOT, make_block


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
    """Return the exit status: 1 if `--check` found a stale page."""
    parser = argparse.ArgumentParser(prog="python -m docs.generator", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing")
    is_check = parser.parse_args().check
    stale = stale_pages(write=not is_check)
    for name in stale:
        sys.stdout.write(f"{name} {'is stale' if is_check else 'written'}\n")
    return 1 if stale and is_check else 0


if __name__ == "__main__":
    sys.exit(main())
