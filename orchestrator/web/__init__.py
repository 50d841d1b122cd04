"""What a person looks at with a browser: the sign-in page, and the viewer of traces."""

from __future__ import annotations
