"""Text that is cut, of which no half of a secret may be left over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from agent_runtime.secrets.secret import Secret
from agent_runtime.secrets.store import SecretStore
from agent_runtime.secrets.vault import Vault
from tests.agent_runtime.actions.asking import Asker
from tests.agent_runtime.secrets.test_store import PaperKeyring
from tests.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

CANARY: Final = "cAn4ry-trill-and-more"
HALF: Final = len("..........") + 4
"""Where a text of ten characters and the canary is cut in the middle of the latter."""


@pytest.fixture
def keeper(asker: Asker, tmp_path: Path) -> Iterator[Asker]:
    """An agent that keeps a secret, on the shared browser."""
    store = SecretStore(tmp_path, PaperKeyring())
    store.put(Secret.checked("canary", CANARY))
    vault = Vault(store)
    vault.load()
    yield Asker(asker.browser, vault=vault)
    del asker.browser.recorders[1:]


async def asked(keeper: Asker, action: str, page: str, **params: Any) -> str:
    """Return an answer as text."""
    outcome = await keeper.ask(action, page=page, **params)
    assert outcome.error is None, outcome.error
    return msgspec.json.encode(outcome).decode()


async def test_no_half_of_a_secret_is_left_of_what_scripts_say(
    keeper: Asker, site: Site, page: str
) -> None:
    await keeper.get("goto", url=site.url("/form"), page=page)
    script = f"""console.log('..........{CANARY}');
        void setTimeout(() => {{ throw '..........{CANARY}' }}); new Promise(setTimeout)"""
    await keeper.get("evaluate", expression=script, page=page)

    said = await asked(keeper, "console", page, max_chars=HALF, text="....")
    thrown = await asked(keeper, "page_errors", page, max_chars=HALF)

    assert "..........[sec [cut at " in said
    assert "..........[sec [cut at " in thrown
    assert "cAn4" not in said + thrown


async def test_no_half_of_a_secret_is_left_of_what_is_stored(
    keeper: Asker, site: Site, page: str
) -> None:
    await keeper.get("goto", url=site.url("/form"), page=page)
    await keeper.get("set_local_storage", items={"a": f"..........{CANARY}"}, page=page)

    stored = await asked(keeper, "local_storage", page, max_chars=HALF)
    await keeper.get("set_local_storage", items={}, clear=True, page=page)

    assert '"..........[sec"' in stored


async def test_no_secret_is_in_a_body_whatever_its_type(
    keeper: Asker, site: Site, page: str
) -> None:
    """A form with a file says of itself neither that it is text nor that it is not."""
    await keeper.get("goto", url=site.url("/form"), page=page)
    script = f"""(() => {{
        const form = new FormData(); form.append('password', '{CANARY}');
        return fetch('/echo', {{method: 'POST', body: form}}).then(r => r.text())
    }})()"""
    await keeper.get("evaluate", expression=script, page=page)
    found: Any = await keeper.get("requests", url="**/echo", page=page)

    told = await asked(keeper, "request", page, id=found["requests"][0]["id"], body=True)

    assert "[secret:canary]" in told
    assert CANARY not in told
    kept = keeper.artifacts.kept.values()
    assert kept
    assert not any(CANARY.encode() in one for one in kept)


async def test_a_secret_in_a_url_is_masked_before_the_url_is_cut(
    keeper: Asker, site: Site, page: str
) -> None:
    padding = "x" * (2_000 - len(site.url("/count?")) - 4)
    await keeper.get("goto", url=site.url("/form"), page=page)
    script = f"fetch('/count?{padding}{CANARY}')"
    await keeper.get("evaluate", expression=script, page=page)

    told = await asked(keeper, "requests", page, url="**/count**")

    assert 'xx[sec"' in told
