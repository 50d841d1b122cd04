"""What can be wrong with an agent's secrets.

AgentError
└── SecretsError
    ├── SecretInvalid        a name, value, kind or host pattern that cannot be (exit status 2)
    ├── SecretUnknown        no secret has this name (exit status 2)
    └── SecretsUnavailable   the file or the keyring that holds them cannot be used

None of their texts quotes a value.
"""

from __future__ import annotations

from agent_runtime.errors import AgentError


class SecretsError(AgentError):
    """Root of this package's errors."""


class SecretInvalid(SecretsError):
    """What was to be kept cannot be a secret."""

    exit_status = 2


class SecretUnknown(SecretsError):
    """The agent has no secret of this name."""

    exit_status = 2


class SecretsUnavailable(SecretsError):
    """Secrets cannot be read or written where they are kept."""
