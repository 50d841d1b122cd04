"""Our bookshop: what stands on its shelf, and ordering from it."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from agent_runtime.actions import ActionFailed, ArtifactRef, Call, Effect, action

_READ_SHELF = """books => books.map(book => ({
  title: book.querySelector("h2").innerText,
  price: Number(book.dataset.price),
  is_sold_out: book.querySelector("button").disabled,
}))"""


class Book(msgspec.Struct, frozen=True):
    """A book on the shelf; *price* in euros."""

    title: str
    price: float
    is_sold_out: bool


class Order(msgspec.Struct, frozen=True):
    """An order that the shop has taken; *receipt* is what it said, as an artifact."""

    number: str
    receipt: ArtifactRef


@action(family="bookshop", reads=True, example={"below": 20})
async def list_books(
    call: Call,
    *,
    below: Annotated[float, Meta(gt=0, description="Only books that cost less.")] | None = None,
) -> tuple[Book, ...]:
    """List the books on the shop's page, in the order of the shelf."""
    found = await call.page.locator(".book").evaluate_all(_READ_SHELF)
    books = msgspec.convert(found, tuple[Book, ...])
    return tuple(book for book in books if below is None or book.price < below)


@action(family="bookshop", reads=False, example={"title": "Middlemarch", "copies": 2})
async def order_book(
    call: Call, *, title: str, copies: Annotated[int, Meta(ge=1, le=10)] = 1
) -> Order:
    """Order a book by its title, and keep the shop's receipt as an artifact."""
    books = {book.title: book for book in await list_books(call)}
    if title not in books or books[title].is_sold_out:
        raise ActionFailed(
            "book_not_there",
            f"{title!r} cannot be ordered: list_books tells what can",
            effect=Effect.NONE,
        )
    book = call.page.locator(".book").filter(has_text=title)
    await book.locator("input").fill(str(copies), timeout=call.patience_ms)
    await book.locator("button").click(timeout=call.patience_ms)
    receipt = call.page.locator("#receipt")
    await receipt.wait_for(timeout=call.patience_ms)
    text = await receipt.inner_text(timeout=call.patience_ms)
    kept = await call.keep(
        text.encode(), content_type="text/plain; charset=utf-8", name="receipt.txt"
    )
    return Order(await receipt.get_attribute("data-order") or "", kept)
