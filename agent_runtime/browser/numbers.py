"""Numbers that name one thing for ever, kept in a file so that none of them comes again.

A caller may hold a name over a restart of the browser, of the agent or of the machine; it must
then hear that the thing is gone, and never be given a stranger.
"""

from __future__ import annotations

from pathlib import Path

from agent_runtime.browser.files import write_private
from agent_runtime.errors import DirectoryUnusable


class Numbers:
    """Hands out 1, 2, …; the number to come is written before one is given away."""

    def __init__(self, path: Path, *, of: str) -> None:
        """Go on where the file at *path* says; where there is none, begin at 1.

        Raises:
            DirectoryUnusable: the file cannot be read, or holds no number; *of* says of what.
        """
        self.path = path
        try:
            self._next = max(1, int(path.read_text()))
        except FileNotFoundError:
            self._next = 1
        except OSError as error:
            raise DirectoryUnusable(f"cannot read {path}: {error.strerror}") from error
        except ValueError as error:
            raise DirectoryUnusable(
                f"{path} does not hold the number of the next {of}: write one into it that is "
                f"higher than that of any {of} so far"
            ) from error

    def take(self) -> int:
        """Return a number that was never given before; raises `OSError` if it cannot be noted."""
        number = self._next
        write_private(self.path, b"%d\n" % (number + 1), synced=True)
        self._next = number + 1
        return number

    def was_given(self, number: int) -> bool:
        """Say whether *number* is taken."""
        return number < self._next
