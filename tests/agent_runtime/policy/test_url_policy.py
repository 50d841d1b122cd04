"""What an operator closes is closed, and what he says nothing of is open."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from ipaddress import ip_address, ip_network

import pytest

from agent_runtime.policy import UrlPolicy
from agent_runtime.policy.errors import BlockedByPolicy, NotAUrl
from tests.agent_runtime.policy.sites import destination, policy

ORCHESTRATOR = "https://xagent.example.com:8443"


def setting_that_closes(closed: UrlPolicy, url: str) -> object:
    """Return the flag that keeps *closed* from opening *url*."""
    with pytest.raises(BlockedByPolicy) as raised:
        closed.check(url)
    assert raised.value.details is not None
    return raised.value.details["setting"]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "http://169.254.169.254/", "https://example.com/", "about:blank"]
)
def test_nothing_said_closes_nothing(url: str) -> None:
    assert UrlPolicy().check(url) == url
    assert not UrlPolicy().is_limiting


def test_what_is_not_allowed_is_closed() -> None:
    limited = policy(allow=["example.com", "*.example.com"])

    assert limited.check("https://shop.example.com/") == "https://shop.example.com/"
    assert limited.check("about:blank") == "about:blank"
    assert setting_that_closes(limited, "https://example.org/") == "--allow-site"
    assert setting_that_closes(limited, "https://example.com@evil.example/") == "--allow-site"


def test_what_is_denied_is_closed_whatever_is_allowed() -> None:
    limited = policy(allow=["*.example.com"], deny=["admin.example.com"])

    assert limited.check("https://shop.example.com/")
    assert setting_that_closes(limited, "https://ADMIN.example.com./") == "--deny-site"


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/",
        "http://a.localhost:8080/",
        "http://127.0.0.1/",
        "http://0x7f.1/",
        "http://2130706433/",
        "http://0/",
        "http://10.0.0.1/",
        "http://[::1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://[fd00::1]/",
    ],
)
def test_private_addresses_can_be_closed(url: str) -> None:
    assert setting_that_closes(policy(block_private=True), url) == "--block-private-network"


def test_names_are_judged_by_where_they_lead() -> None:
    limited = policy(block_private=True)
    shop = destination("https://shop.example.com/")

    assert limited.refused(shop) is None
    assert limited.refused_address(shop, ip_address("93.184.215.14")) is None
    refused = limited.refused_address(shop, ip_address("10.0.0.1"))
    assert refused is not None
    assert refused.setting == "--block-private-network"
    assert "10.0.0.1" not in refused.sentence, "what names mean there is nobody's business"


def test_a_neighbour_with_a_public_address_is_closed_with_the_private_ones() -> None:
    limited = policy(block_private=True)
    printer, address = destination("http://printer.example.com/"), ip_address("1.2.3.4")

    assert limited.refused_address(printer, address) is None
    assert limited.refused_address(printer, address, [ip_network("1.2.3.0/24")]) is not None


def test_a_private_address_is_open_if_it_is_allowed_by_its_number() -> None:
    limited = policy(allow=["*", "10.1.0.0/16"], block_private=True)
    intranet = destination("https://intranet.example.com/")

    assert limited.check("http://10.1.2.3/")
    assert limited.refused_address(intranet, ip_address("10.1.2.3")) is None
    assert limited.refused_address(intranet, ip_address("10.2.2.3")) is not None


def test_a_private_address_is_not_open_because_a_name_is_allowed_that_leads_there() -> None:
    limited = policy(allow=["intranet.example.com", "localhost"], block_private=True)
    intranet = destination("https://intranet.example.com/")

    assert limited.refused_address(intranet, ip_address("10.1.2.3")) is not None
    assert setting_that_closes(limited, "http://localhost/") == "--block-private-network"


def test_a_denied_network_is_denied_to_names_that_lead_there() -> None:
    limited = policy(deny=["10.0.0.0/8"])
    intranet = destination("https://intranet.example.com/")

    refused = limited.refused_address(intranet, ip_address("::ffff:10.1.2.3"))
    assert refused is not None
    assert refused.setting == "--deny-site"


def test_the_orchestrator_is_closed_with_the_private_network_whatever_is_allowed() -> None:
    limited = policy(allow=["*"], block_private=True, orchestrator=ORCHESTRATOR)

    assert setting_that_closes(limited, f"{ORCHESTRATOR}/docs") == "--block-private-network"
    assert limited.check("https://xagent.example.com/")


@pytest.mark.parametrize("orchestrator", ["http://127.0.0.1:8000", "http://localhost:8000"])
@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000/", "http://localhost:8000/", "http://127.0.0.2:8000/"]
)
def test_an_orchestrator_on_this_machine_is_closed_by_any_name(orchestrator: str, url: str) -> None:
    allowed = ["127.0.0.0/8", "localhost"]
    limited = policy(allow=allowed, block_private=True, orchestrator=orchestrator)

    assert setting_that_closes(limited, url) == "--block-private-network"
    assert limited.check("http://127.0.0.1:8001/")


def test_an_orchestrator_is_a_site_like_others_to_lists_alone() -> None:
    limited = policy(deny=["example.com"], orchestrator=ORCHESTRATOR)

    assert limited.check(f"{ORCHESTRATOR}/health/live")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "chrome://version", "ws://example.com/"])
def test_other_schemes_are_closed_without_any_setting(url: str) -> None:
    with pytest.raises(BlockedByPolicy) as raised:
        policy(allow=["*"]).check(url)

    assert raised.value.details is None


def test_what_cannot_be_read_is_not_guessed_at() -> None:
    with pytest.raises(NotAUrl):
        policy(allow=["*"]).check("https://exa mple.com/")


def test_a_policy_never_changes() -> None:
    with pytest.raises(FrozenInstanceError):
        policy().block_private = False  # type: ignore[misc]  # that it cannot be is the point
