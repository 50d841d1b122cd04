"""What the tests of the policy speak of: destinations, policies, and names that lead anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from ipaddress import ip_address

from agent_runtime.policy import UrlPolicy
from agent_runtime.policy.destination import Destination
from agent_runtime.policy.hosts import Address, Host
from agent_runtime.policy.patterns import read_pattern
from agent_runtime.policy.web_url import read_url

HERE = ip_address("127.0.0.1")


def destination(url: str, scheme: str | None = "") -> Destination:
    """Return where *url* leads, as a tunnel leads there if *scheme* is null."""
    found = read_url(url).destination
    assert found is not None
    return found if scheme == "" else replace(found, scheme=scheme)


def policy(
    *,
    allow: Sequence[str] = (),
    deny: Sequence[str] = (),
    block_private: bool = False,
    orchestrator: str | None = None,
) -> UrlPolicy:
    """Return the policy that an operator writes so."""
    return UrlPolicy(
        allow=tuple(map(read_pattern, allow)),
        deny=tuple(map(read_pattern, deny)),
        block_private=block_private,
        orchestrator=None if orchestrator is None else destination(orchestrator),
    )


class Names:
    """A resolver that was told everything; each name leads here unless it is told otherwise."""

    def __init__(self, **addresses: str) -> None:
        """Begin with these, of which a name ends in `.test`."""
        self.asked: list[str] = []
        self._addresses: dict[str, list[tuple[Address, ...]]] = {}
        for name, text in addresses.items():
            self.lead(f"{name}.test", *text.split())

    def lead(self, name: str, *addresses: str) -> None:
        """Have *name* lead to *addresses* from the next question after those foreseen."""
        found = tuple(ip_address(one) for one in addresses)
        self._addresses.setdefault(name, []).append(found)

    async def resolve(self, host: Host) -> tuple[Address, ...]:
        """Answer; the last answer for a name holds for good."""
        if host.address is not None:
            return (host.address,)
        self.asked.append(host.name)
        foreseen = self._addresses.get(host.name, [(HERE,)])
        addresses = foreseen.pop(0) if len(foreseen) > 1 else foreseen[0]
        if not addresses:
            raise OSError("no such name")
        return addresses
