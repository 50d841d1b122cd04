"""What the library keeps."""

from __future__ import annotations

from django.db import models


class Book(models.Model):
    """A book, with the file that holds its text."""

    title = models.CharField(max_length=200)
    shelf = models.CharField(max_length=1, choices=[("n", "Novels"), ("p", "Poems")])
    text = models.FileField(upload_to="texts")

    def __str__(self) -> str:
        """Return the title, by which the admin calls it."""
        return self.title
