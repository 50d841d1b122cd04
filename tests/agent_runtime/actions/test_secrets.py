"""Typing what nobody is told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from agent_runtime.actions import ActionRegistry, action, standard_registry
from agent_runtime.actions.call import Call
from agent_runtime.secrets.secret import Secret
from agent_runtime.secrets.spellings import base64_parts
from agent_runtime.secrets.store import Keeper, SecretStore
from agent_runtime.secrets.totp import Totp
from agent_runtime.secrets.vault import Vault
from tests.agent_runtime.actions.asking import Asker, code_of, result_of
from tests.agent_runtime.secrets.test_store import PaperKeyring
from tests.site import Site
from xagent_protocol.outcomes import Effect, Outcome, OutcomeState

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

CANARY: Final = 'cAn4ry "trill" & <töne>\\/+'
TRACE: Final = "cAn4ry"
"""What stands in every spelling of it but base64."""
SIGNS: Final = (TRACE, *base64_parts(TRACE))
KEY: Final = "JBSWY3DPEHPK3PXP"


@pytest.fixture
def store(tmp_path: Path) -> SecretStore:
    """Some secrets."""
    store = SecretStore(tmp_path, PaperKeyring())
    store.put(Secret.checked("canary", CANARY))
    store.put(Secret.checked("shop", "hunter2", hosts=("127.0.0.1",)))
    store.put(Secret.checked("bank", "swordfish"), Keeper.KEYRING)
    store.put(Secret.checked("code", KEY, is_totp=True, hosts=("127.0.0.1", "*.example.com")))
    return store


@pytest.fixture
def keeper(asker: Asker, store: SecretStore) -> Iterator[Asker]:
    """An agent that keeps them, on the shared browser."""
    vault = Vault(store)
    vault.load()
    yield Asker(asker.browser, vault=vault)
    del asker.browser.recorders[1:]


def elsewhere(site: Site, path: str) -> str:
    """Return the address of the same page on another host."""
    return site.url(path).replace("127.0.0.1", "localhost")


async def value_of(asker: Asker, target: str = "#name") -> object:
    """Return what a field holds, as an agent says that keeps no secrets."""
    return await asker.get("evaluate", expression=f"document.querySelector('{target}').value")


def leaks(keeper: Asker, outcome: Outcome) -> bool:
    """Whether anything that left the agent holds the canary."""
    told = [msgspec.json.encode(outcome), *keeper.artifacts.kept.values()]
    return any(sign.encode() in one for one in told for sign in SIGNS)


async def test_secrets_are_listed_without_their_values(keeper: Asker) -> None:
    outcome = await keeper.ask("secrets")

    assert result_of(outcome) == {
        "secrets": [
            {"name": "bank", "kind": "text", "hosts": []},
            {"name": "canary", "kind": "text", "hosts": []},
            {"name": "code", "kind": "totp", "hosts": ["127.0.0.1", "*.example.com"]},
            {"name": "shop", "kind": "text", "hosts": ["127.0.0.1"]},
        ]
    }


async def test_a_secret_replaces_the_text_of_a_field(
    keeper: Asker, asker: Asker, site: Site
) -> None:
    await keeper.get("goto", url=site.url("/form"))
    await keeper.get("fill", target="#name", value="old")

    assert await keeper.get("fill_secret", target="#name", name="shop") is None

    assert await value_of(asker) == "hunter2"
    assert await value_of(keeper) == "[secret:shop]"


async def test_a_secret_of_the_keyring_is_typed_and_masked_likewise(
    keeper: Asker, asker: Asker, site: Site
) -> None:
    await keeper.get("goto", url=site.url("/form"))

    await keeper.get("fill_secret", target="#name", name="bank")

    assert await value_of(asker) == "swordfish"
    assert await value_of(keeper) == "[secret:bank]"


async def test_a_secret_goes_into_a_frame_and_by_a_ref(
    keeper: Asker, asker: Asker, site: Site
) -> None:
    await keeper.get("goto", url=site.url("/frames"))
    await keeper.get("fill_secret", target="#name", frame="#inner", name="shop")
    inner = "document.querySelector('#inner').contentDocument.querySelector('#name').value"
    assert await asker.get("evaluate", expression=inner) == "hunter2"

    await keeper.get("goto", url=site.url("/form"))
    shown = await keeper.get("snapshot", target="#name")
    assert isinstance(shown, dict)
    ref = shown["snapshot"].partition("[ref=")[2].partition("]")[0]
    await keeper.get("fill_secret", target=ref, name="shop")
    assert await value_of(asker) == "hunter2"


async def test_the_code_of_the_moment_is_typed(keeper: Asker, asker: Asker, site: Site) -> None:
    await keeper.get("goto", url=site.url("/form"))

    before = time.time()
    await keeper.get("totp", target="#name", name="code")

    typed = await value_of(asker)
    assert typed in {Totp.read(KEY).code(moment) for moment in (before, time.time())}
    assert await value_of(keeper) == "[secret:code]"
    number = await keeper.get("evaluate", expression="document.querySelector('#name').value * 1")
    assert number == "[secret:code]" or str(typed).startswith("0")


@pytest.mark.parametrize(
    ("action", "name", "hint"),
    [
        ("fill_secret", "shpo", "did you mean shop"),
        ("totp", "zebra", "xagent secret set"),
        ("fill_secret", "code", "type it with totp"),
        ("totp", "shop", "type it with fill_secret"),
        ("fill_secret", "-shop", "name"),
    ],
)
async def test_a_name_that_does_not_fit_is_refused_at_once(
    keeper: Asker, action: str, name: str, hint: str
) -> None:
    outcome = await keeper.ask(action, target="#nowhere", name=name)

    assert code_of(outcome) == "invalid_params"
    assert outcome.effect is Effect.NONE
    assert outcome.error is not None
    assert hint in outcome.error.message


async def test_an_agent_without_secrets_says_so(asker: Asker) -> None:
    assert await asker.get("secrets") == {"secrets": []}
    assert code_of(await asker.ask("fill_secret", target="#a", name="shop")) == "invalid_params"


async def test_secrets_that_cannot_be_read_are_one_sentence(
    keeper: Asker, store: SecretStore, tmp_path: Path
) -> None:
    (tmp_path / "secrets.json").write_text("{")

    for outcome in (
        await keeper.ask("secrets"),
        await keeper.ask("fill_secret", target="#a", name="shop"),
    ):
        assert code_of(outcome) == "not_supported"
        assert outcome.effect is Effect.NONE
        assert outcome.error is not None
        assert "is damaged" in outcome.error.message


async def test_a_secret_is_not_typed_on_another_host(
    keeper: Asker, asker: Asker, site: Site
) -> None:
    await keeper.get("goto", url=elsewhere(site, "/form"))

    outcome = await keeper.ask("fill_secret", target="#name", name="shop")

    assert code_of(outcome) == "blocked_by_policy"
    assert outcome.effect is Effect.NONE
    assert outcome.error is not None
    assert f"on 127.0.0.1 only, and the field is on localhost:{site.port}" in outcome.error.message
    assert outcome.error.details == {"host": f"localhost:{site.port}", "hosts": ["127.0.0.1"]}
    assert await value_of(asker) == ""
    assert code_of(await keeper.ask("totp", target="#name", name="code")) == "blocked_by_policy"


async def test_a_secret_is_not_typed_where_others_may_listen(
    keeper: Asker, asker: Asker, store: SecretStore
) -> None:
    store.put(Secret.checked("mail", "hunter2", hosts=("mail.example.com",)))
    main = asker.browser.tabs.main
    assert main is not None
    page = main.page
    await page.route(
        "**/*", lambda route: route.fulfill(body="<input id=name>", content_type="text/html")
    )
    await keeper.get("goto", url="http://mail.example.com/")
    plain = await keeper.ask("fill_secret", target="#name", name="mail")
    store.put(Secret.checked("mail", "hunter2", hosts=("http://mail.example.com",)))
    allowed = await keeper.ask("fill_secret", target="#name", name="mail")
    await page.unroute_all()

    assert code_of(plain) == "blocked_by_policy"
    assert plain.error is not None
    assert "http://mail.example.com, which is not encrypted" in plain.error.message
    assert code_of(allowed) is None


@pytest.mark.slow
async def test_the_host_of_the_frame_counts_not_that_of_the_page(
    keeper: Asker, asker: Asker, site: Site
) -> None:
    put = "src => { inner.src = src; return new Promise(r => { inner.onload = () => r(null) }) }"
    params: dict[str, Any] = {"target": "#name", "frame": "#inner", "name": "shop"}

    await keeper.get("goto", url=site.url("/frames"))
    await keeper.get("evaluate", expression=put, arg=elsewhere(site, "/form"))
    foreign = await keeper.ask("fill_secret", **params)

    await keeper.get("goto", url=elsewhere(site, "/frames"))
    await keeper.get("evaluate", expression=put, arg=site.url("/form"))
    own = await keeper.ask("fill_secret", **params)

    assert code_of(foreign) == "blocked_by_policy"
    assert code_of(own) is None


async def test_a_document_without_a_host_is_none_of_them(keeper: Asker, site: Site) -> None:
    await keeper.get("goto", url=site.url("/frames"))
    await keeper.get("evaluate", expression="inner.srcdoc = '<input id=name>'")

    outcome = await keeper.ask("fill_secret", target="#name", frame="#inner", name="shop")

    assert code_of(outcome) == "blocked_by_policy"
    assert outcome.error is not None
    assert "has no host" in outcome.error.message


async def test_a_field_that_is_replaced_meanwhile_is_found_again(
    keeper: Asker, asker: Asker, site: Site
) -> None:
    await keeper.get("goto", url=site.url("/form"))
    await keeper.get(
        "evaluate",
        expression="""() => {
          const field = document.getElementById('name');
          field.hidden = true;
          setTimeout(() => { const other = field.cloneNode(); other.hidden = false;
                             field.replaceWith(other); }, 100);
        }""",
    )

    await keeper.get("fill_secret", target="#name", name="shop")

    assert await value_of(asker) == "hunter2"


@pytest.mark.slow
async def test_a_field_that_moves_to_another_host_meanwhile_gets_nothing(
    keeper: Asker, asker: Asker, site: Site
) -> None:
    await keeper.get("goto", url=site.url("/form"))
    await keeper.get(
        "evaluate",
        expression="""url => {
          document.getElementById('name').hidden = true;
          setTimeout(() => { location.href = url }, 100);
        }""",
        arg=elsewhere(site, "/form"),
    )

    outcome = await keeper.ask("fill_secret", target="#name", name="shop")

    assert code_of(outcome) == "blocked_by_policy"
    assert await value_of(asker) == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("target", "code"),
    [("#nowhere", "selector_not_found"), ("#off", "not_actionable"), ("#said", "not_actionable")],
)
async def test_a_field_that_takes_nothing_is_explained_without_the_value(
    keeper: Asker, site: Site, target: str, code: str
) -> None:
    await keeper.get("goto", url=site.url("/indiscreet"))

    outcome = await keeper.ask("fill_secret", target=target, name="canary", timeout=1)

    assert code_of(outcome) == code
    assert not leaks(keeper, outcome)


async def test_nothing_is_typed_while_the_page_is_recorded(
    keeper: Asker, asker: Asker, site: Site
) -> None:
    await keeper.get("goto", url=site.url("/form"))
    main = asker.browser.tabs.main
    asker.browser.recorders.append(lambda tab: "a trace" if tab is main else None)

    outcome = await keeper.ask("fill_secret", target="#name", name="shop")

    assert code_of(outcome) == "blocked_by_policy"
    assert outcome.error is not None
    assert outcome.error.message.startswith("a trace records page")
    assert await value_of(asker) == ""


async def picture(keeper: Asker, **params: Any) -> bytes:
    """Take a picture."""
    outcome = await keeper.ask("screenshot", **params)
    (artifact,) = outcome.artifacts
    return keeper.artifacts.kept[artifact.artifact_id]


@pytest.mark.slow
@pytest.mark.parametrize("where", [{}, {"full_page": True}, {"target": "body"}])
async def test_a_picture_leaves_the_field_of_a_secret_out(
    keeper: Asker, site: Site, where: dict[str, Any]
) -> None:
    """Two secrets look the same; what is typed otherwise does not."""
    await keeper.get("goto", url=site.url("/form"))
    await keeper.get("fill", target="#name", value="hunter2")
    seen = await picture(keeper, **where)
    await keeper.get("fill", target="#name", value="swordfish")
    assert await picture(keeper, **where) != seen

    await keeper.get("fill_secret", target="#name", name="shop")
    shop = await picture(keeper, **where)
    await keeper.get("evaluate", expression="document.getElementById('name').id = 'moved'")
    await keeper.get("fill_secret", target="#moved", name="bank")

    assert await picture(keeper, **where) == shop != seen


@pytest.mark.slow
async def test_a_picture_leaves_fields_in_frames_out_until_their_document_goes(
    keeper: Asker, site: Site
) -> None:
    await keeper.get("goto", url=site.url("/frames"))
    empty = await picture(keeper)
    await keeper.get("fill_secret", target="#name", frame="#inner", name="shop")
    masked = await picture(keeper)

    await keeper.get("goto", url=site.url("/frames"))

    assert masked != empty
    assert await picture(keeper) == empty


async def confide(keeper: Asker, site: Site) -> None:
    """Tell the canary to a page that tells it everywhere."""
    await keeper.get("goto", url=site.url("/indiscreet"))
    outcome = await keeper.ask("fill_secret", target="#word", name="canary")
    assert outcome.state is OutcomeState.SUCCEEDED
    await keeper.get("fill_secret", target="#hidden", name="canary")
    await keeper.get("wait_for", function="() => document.cookie.includes('cAn4ry')")


READS: Final = [spec for spec in standard_registry().specs() if spec.reads]
ASKED: Final[dict[str, list[dict[str, Any]]]] = {
    "inner_text": [{}, {"max_chars": 10}],
    "content": [{}, {"max_chars": 10}],
    "snapshot": [{}, {"max_chars": 10}],
    "wait_for": [{"text": "cAn4ry"}, {"url": "**/nowhere"}],
    "screenshot": [{}],
}
"""What is asked of some; of the others, what their examples ask, of the field with the canary."""


async def test_no_action_that_reads_tells_a_secret(keeper: Asker, site: Site) -> None:
    """A canary: it is everywhere on the page, and in no answer, whatever is asked."""
    await confide(keeper, site)

    for spec in READS:
        for params in ASKED.get(spec.name, spec.params.get("examples", [{}])):
            aimed = params | {"target": "#word"} if "target" in params else params
            # What waits for something that never comes is asked for a moment only.
            timeout = 0.3 if spec.name.startswith("wait_for") else 5
            outcome = await keeper.ask(spec.name, **aimed, timeout=timeout)
            assert not leaks(keeper, outcome), (spec.name, aimed, outcome)


@pytest.mark.parametrize(
    ("action", "params"),
    [
        ("evaluate", {"expression": "document.querySelector('#word').value"}),
        ("evaluate", {"expression": "throw new Error(document.querySelector('#word').value)"}),
        ("evaluate", {"expression": "({[said.textContent]: [said.dataset.word, location.href]})"}),
        ("evaluate", {"expression": "said.textContent.repeat(20_000)"}),
        ("evaluate", {"expression": "new URL(location.href).searchParams.get('b')"}),
        ("reload", {}),
        ("click", {"target": "#send"}),
        ("click", {"target": "text=cAn4ry", "timeout": 1}),
        ("batch", {"steps": [{"action": "inner_text"}, {"action": "title"}, {"action": "reload"}]}),
        ("go_back", {}),
    ],
    ids=[str(number) for number in range(10)],
)
async def test_what_writes_tells_no_secret_either(
    keeper: Asker, site: Site, action: str, params: dict[str, Any]
) -> None:
    await confide(keeper, site)

    assert not leaks(keeper, await keeper.ask(action, **params))


async def test_what_the_canary_would_tell_is_told_where_nothing_is_masked(
    keeper: Asker, asker: Asker, site: Site
) -> None:
    """Lest the tests above find nothing because there is nothing to be found."""
    await confide(keeper, site)

    for name in ("inner_text", "title", "content", "pages", "snapshot"):
        assert leaks(asker, await asker.ask(name)), name


async def test_the_outcome_of_a_command_that_was_stopped_is_masked(
    keeper: Asker, site: Site
) -> None:
    await confide(keeper, site)

    assert not leaks(keeper, keeper.performer.cancelled(keeper.command("title"), begun=True))


async def test_a_text_that_is_cut_in_the_middle_of_a_secret_shows_nothing_of_it(
    keeper: Asker, site: Site
) -> None:
    await confide(keeper, site)

    text = await keeper.get("inner_text", target="#said", max_chars=5)

    assert isinstance(text, str)
    assert text.startswith("[secr\n[cut at 5 of ")


async def test_a_result_that_grows_by_its_names_still_fits(keeper: Asker, site: Site) -> None:
    await keeper.get("goto", url=site.url("/form"))

    outcome = await keeper.ask("evaluate", expression="'hunter2 '.repeat(30_000)")

    (artifact,) = outcome.artifacts
    assert b"hunter2" not in keeper.artifacts.kept[artifact.artifact_id]
    assert len(bytes(outcome.result)) < 1024


async def test_what_an_action_keeps_is_masked_if_it_is_text(
    asker: Asker, store: SecretStore, tmp_path: Path
) -> None:
    file = tmp_path / "shop.txt"
    file.write_text("hunter2")

    @action(family="test", reads=True)
    async def keep(call: Call) -> None:
        """Keep a text, a picture and a file."""
        await call.keep(b"<hunter2>", content_type="text/html", name="hunter2.html")
        await call.keep(b"hunter2", content_type="image/png", name="shop.png")
        await call.keep(file, content_type="text/plain", name="shop.txt")

    vault = Vault(store)
    vault.load()
    keeper = Asker(asker.browser, ActionRegistry([keep]), vault)

    outcome = await keeper.ask("keep")

    assert [one.name for one in outcome.artifacts] == [
        *("[secret:shop].html", "shop.png", "shop.txt")
    ]
    assert list(keeper.artifacts.kept.values()) == [b"<[secret:shop]>", b"hunter2", b"hunter2"]
