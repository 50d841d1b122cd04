"""The cookies of the page's context: the profile's, or an isolated page's own.

Made from the agents' own actions by `python -m docs.generator`: edit those, not this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Unpack

from xagent_client import params, results
from xagent_client.asking import Asking, How
from xagent_client.exchange import Call
from xagent_client.verbs import verb


class StateActions(Asking):
    """The cookies of the page's context: the profile's, or an isolated page's own."""

    @verb
    def cookies(
        self,
        *,
        urls: Sequence[str] | None = None,
        names: Sequence[str] | None = None,
        max: int | None = None,
        **how: Unpack[How],
    ) -> Call[results.CookieList]:
        """List the cookies that the page's context has, with their values.

        Whoever has a session's cookie is logged in: treat them like passwords.

        Args:
            urls: Only those sent to one of them.
        """
        return self._result(
            "cookies", {"urls": urls, "names": names, "max": max}, how, results.CookieList
        )

    @verb
    def set_cookies(
        self, cookies: Sequence[params.NewCookie], **how: Unpack[How]
    ) -> Call[results.CookiesSet]:
        """Set cookies in the page's context; of the same name, domain and path the new one counts.

        All are set, or none where one cannot be read. What the rules for cookies forbid the browser
        leaves out without a word: `not_taken` says it.
        """
        return self._result("set_cookies", {"cookies": cookies}, how, results.CookiesSet)

    @verb
    def clear_cookies(
        self,
        name: str | None = None,
        *,
        domain: str | None = None,
        path: str | None = None,
        **how: Unpack[How],
    ) -> Call[results.CookiesCleared]:
        """Delete the cookies of the page's context that fit all that is given; without anything, all.

        To be logged out everywhere is what deleting all of them comes to.

        Args:
            domain: With or without the dot before it.
        """
        return self._result(
            "clear_cookies",
            {"name": name, "domain": domain, "path": path},
            how,
            results.CookiesCleared,
        )

    @verb
    def local_storage(
        self,
        *,
        names: Sequence[str] | None = None,
        max: int | None = None,
        max_chars: int | None = None,
        **how: Unpack[How],
    ) -> Call[results.StoredItems]:
        """Read the local storage of the origin that the page shows.

        Args:
            names: Only these; else all.
            max_chars: A longer value is cut here; `length` tells of it.
        """
        return self._result(
            "local_storage",
            {"names": names, "max": max, "max_chars": max_chars},
            how,
            results.StoredItems,
        )

    @verb
    def set_local_storage(
        self,
        items: Mapping[str, str | None],
        *,
        clear: bool | None = None,
        **how: Unpack[How],
    ) -> Call[results.Stored]:
        """Change the local storage of the origin that the page shows.

        The page's scripts are not told; `reload` has them read it anew.

        Args:
            items: Values by name; null removes the item.
            clear: Remove all other items first.
        """
        return self._result(
            "set_local_storage", {"items": items, "clear": clear}, how, results.Stored
        )

    @verb
    def session_storage(
        self,
        *,
        names: Sequence[str] | None = None,
        max: int | None = None,
        max_chars: int | None = None,
        **how: Unpack[How],
    ) -> Call[results.StoredItems]:
        """Read the session storage that this page has for the origin it shows.

        Args:
            names: Only these; else all.
            max_chars: A longer value is cut here; `length` tells of it.
        """
        return self._result(
            "session_storage",
            {"names": names, "max": max, "max_chars": max_chars},
            how,
            results.StoredItems,
        )

    @verb
    def set_session_storage(
        self,
        items: Mapping[str, str | None],
        *,
        clear: bool | None = None,
        **how: Unpack[How],
    ) -> Call[results.Stored]:
        """Change the session storage that this page has for the origin it shows.

        The page's scripts are not told; `reload` has them read it anew.

        Args:
            items: Values by name; null removes the item.
            clear: Remove all other items first.
        """
        return self._result(
            "set_session_storage", {"items": items, "clear": clear}, how, results.Stored
        )

    @verb
    def storage_state(
        self,
        *,
        indexed_db: bool | None = None,
        inline: bool | None = None,
        **how: Unpack[How],
    ) -> Call[results.SavedState]:
        """Save the cookies and the local storage of the page's context, as Playwright's own format.

        Of local storage it has the origins that pages were on since the browser started. Whoever
        has it is logged in: treat it like a password.

        Args:
            indexed_db: IndexedDB too; some sites log in by it.
            inline: In the answer, which is kept as long as the command.
        """
        return self._result(
            "storage_state", {"indexed_db": indexed_db, "inline": inline}, how, results.SavedState
        )

    @verb
    def set_storage_state(
        self,
        artifact_id: str | None = None,
        *,
        state: Mapping[str, Any] | None = None,
        **how: Unpack[How],
    ) -> Call[results.LoadedState]:
        """Replace the cookies and the local storage of the page's context by a state that was saved.

        What is there of logins is gone: all cookies, and the storage of the origins that pages were
        on since the browser started. To add to them use `set_cookies` and `set_local_storage`, or
        load the state into an isolated page. Pages that are open notice when they are reloaded.

        Args:
            state: As `storage_state` returns it.
        """
        return self._result(
            "set_storage_state",
            {"artifact_id": artifact_id, "state": state},
            how,
            results.LoadedState,
        )

    @verb
    def grant_permissions(
        self,
        permissions: Sequence[
            Literal[
                "accelerometer",
                "ambient-light-sensor",
                "background-sync",
                "camera",
                "clipboard-read",
                "clipboard-write",
                "geolocation",
                "gyroscope",
                "local-fonts",
                "local-network-access",
                "magnetometer",
                "microphone",
                "midi",
                "midi-sysex",
                "notifications",
                "payment-handler",
                "screen-wake-lock",
                "storage-access",
            ]
        ],
        *,
        origin: str | None = None,
        **how: Unpack[How],
    ) -> Call[None]:
        """Grant permissions, besides those granted before; what is not granted is denied then.

        Holds for every page of the browser, isolated ones and those to come too, until
        `clear_permissions` or the end of the agent. It is not written into the profile.

        Args:
            origin: For whom: scheme, host and port. Left out, for every site.
        """
        return self._nothing(
            "grant_permissions", {"permissions": permissions, "origin": origin}, how
        )

    @verb
    def clear_permissions(self, **how: Unpack[How]) -> Call[None]:
        """Take back all that was granted: sites ask again, and find nobody who answers."""
        return self._nothing("clear_permissions", {}, how)
