"""What a caller asks for, before it is a command."""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec

from xagent_protocol.ids import AgentId, RequestId
from xagent_protocol.messages import FAIL


class Submission(msgspec.Struct, frozen=True):
    """One request to act; *timeout* and *ttl* in seconds.

    *control_digest* stands for the token that the caller gave, which is kept nowhere.
    *requested_by* is what the caller's credential is called: no part of what was asked, so that
    another one may ask again.
    *request_id* and *idempotent* are null where the caller leaves the choice to the server.
    """

    agent_id: AgentId
    action: str
    params: msgspec.Raw
    page: str | None = None
    timeout: float = 30.0
    request_id: RequestId | None = None
    idempotent: bool | None = None
    if_offline: Literal["fail", "queue"] = "fail"
    ttl: float = 900.0
    record: str | None = None
    if_controlled: str = FAIL
    control_digest: str | None = None
    requested_by: str | None = None

    def fingerprint(self, params: object) -> str:
        """Digest what was asked, so that key order and spaces make no difference.

        *params* are the decoded params. The request id is not part of it.
        """
        asked: tuple[object, ...] = (
            *(self.agent_id, self.action, params, self.page, self.timeout, self.idempotent),
            *(self.if_offline, self.ttl),
        )
        if self.record is not None:
            # Only then, so that what was asked before there was this field is known again.
            asked += (self.record,)
        if self.if_controlled != FAIL or self.control_digest is not None:
            asked += (self.if_controlled, self.control_digest)
        return hashlib.sha256(_canonical.encode(asked)).hexdigest()


_canonical = msgspec.json.Encoder(order="sorted")
