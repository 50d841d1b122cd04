"""The fleet on the pictures of the dashboard: agents on pages of shops and banks that do not exist.

The pages are answered by routes in the agents' browsers, so that they have addresses as real ones
have, and nothing is loaded from anywhere.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.end_to_end.fleet import Fleet, start, until

STYLE: Final = """<style>
  body { margin: 0; font: 15px/1.5 system-ui, sans-serif; color: #222; background: #f6f7f9; }
  header { padding: 14px 32px; color: #fff; font-weight: 600; }
  main { max-width: 860px; margin: 28px auto; padding: 28px 32px; background: #fff;
    border: 1px solid #e3e6ea; border-radius: 10px; }
  h1 { margin: 0 0 14px; font-size: 24px; } table { width: 100%; border-collapse: collapse; }
  td, th { padding: 9px 6px; border-bottom: 1px solid #e8eaee; text-align: left; }
  input { display: block; width: 320px; margin: 6px 0 16px; padding: 9px; font: inherit;
    border: 1px solid #b8bec8; border-radius: 6px; }
  button { padding: 9px 18px; border: 0; border-radius: 6px; color: #fff; font: inherit; }
  .bars { display: flex; gap: 14px; align-items: end; height: 220px; }
  .bars i { flex: 1; background: #6b8fd6; border-radius: 4px 4px 0 0; }
</style>"""


def _page(title: str, colour: str, content: str) -> str:
    return (
        f"<!doctype html><meta charset=utf-8><title>{title}</title>{STYLE}"
        f"<header style='background:{colour}'>{title.rsplit(' · ', maxsplit=1)[-1]}</header>"
        f"<main>{content}</main>"
    )


_ROWS: Final = "".join(
    f"<tr><td>{number}</td><td>{who}</td><td>{what}</td><td>{price} €</td></tr>"
    for number, who, what, price in (
        (4711, "Adatum", "Desk lamp, brass", "129.00"),
        (4712, "Northwind", "Shelf, oak, 120 cm", "248.50"),
        (4713, "Contoso", "Chair, bent wood", "310.00"),
        (4714, "Tailspin", "Clock, wall, 30 cm", "84.90"),
        (4715, "Fabrikam", "Mirror, round", "162.00"),
        (4716, "Wingtip", "Rug, wool, 2 × 3 m", "540.00"),
    )
)
PAGES: Final = {
    "shop-1": (
        "https://fabrikam.example/orders",
        _page(
            "Orders · Fabrikam Supply",
            "#28536b",
            f"<h1>Orders</h1><table><tr><th>No<th>Customer<th>What<th>Price</tr>{_ROWS}</table>",
        ),
    ),
    "bank-2": (
        "https://woodgrove.example/sign-in",
        _page(
            "Sign in · Woodgrove Bank",
            "#7a2e3a",
            "<h1>Sign in</h1><label>Customer number<input value='4 711 008'></label>"
            "<label>Code from your telephone<input autofocus></label>"
            "<button style='background:#7a2e3a'>Sign in</button>",
        ),
    ),
    "reports": (
        "https://reports.example/visitors",
        _page(
            "Visitors this week · Reports",
            "#3b4a8c",
            "<h1>Visitors this week</h1><div class='bars'>"
            + "".join(f"<i style='height:{share}%'></i>" for share in (48, 62, 55, 80, 92, 71, 38))
            + "</div>",
        ),
    ),
}
LABELS: Final = {
    "shop-1": ("site=fabrikam", "env=production"),
    "bank-2": ("site=woodgrove", "env=production"),
    "reports": ("team=marketing",),
    "laptop-7": ("place=home",),
}
FOREVER: Final = "new Promise(() => {})"


@contextmanager
def busy_fleet() -> Iterator[Fleet]:
    """Run a fleet in which something has happened."""
    with empty_fleet() as fleet:
        for name, labels in LABELS.items():
            flags = [flag for label in labels for flag in ("--label", label)]
            data_dir = str(fleet.data_dir)
            fleet.agents[name] = start(
                *("agent_runtime", name, "--url", fleet.url, "--data-dir", data_dir, *flags),
                log=fleet.data_dir / f"{name}.log",
            )
        fleet.until_ready(*LABELS)
        _seed(fleet)
        yield fleet


@contextmanager
def empty_fleet() -> Iterator[Fleet]:
    """Run an orchestrator to which nobody has come yet."""
    with tempfile.TemporaryDirectory() as directory:
        fleet = Fleet(Path(directory))
        fleet.start_orchestrator()
        try:
            yield fleet
        finally:
            fleet.end()


def _seed(fleet: Fleet) -> None:
    for name, (url, content) in PAGES.items():
        fulfil = {"body": content, "content_type": "text/html"}
        fleet.run(name, "route", params={"url": url, "fulfil": fulfil})
        fleet.run(name, "goto", params={"url": url})
        fleet.run(name, "snapshot")
    fleet.run("shop-1", "click", params={"target": "role=button[name='Refund']"}, timeout=1)
    fleet.run("shop-1", "inner_text", params={"target": "h1"}, record="trace")
    fleet.run("reports", "pdf")
    fleet.run("reports", "screenshot")
    reason = "Sign in at the bank; the code goes to your telephone."
    fleet.run("bank-2", "request_human", wait=0, params={"reason": reason}, timeout=3000)
    fleet.run("reports", "evaluate", wait=0, timeout=600, params={"expression": FOREVER})
    laptop = fleet.agents["laptop-7"]
    laptop.terminate()
    laptop.wait()
    until(lambda: not fleet.contact("laptop-7")["connected"])
    until(lambda: all(_is_told(fleet, name) for name in PAGES))


def _is_told(fleet: Fleet, name: str) -> bool:
    """Whether the title of the page is known, which comes with a beat."""
    return all(page["title"] for page in fleet.get(f"/api/agents/{name}")["browser"]["pages"])
