"""The admin's list of books."""

from __future__ import annotations

from django.contrib import admin

from library.models import Book


@admin.register(Book)
class BookAdmin(admin.ModelAdmin):
    """Books as Django's admin shows them."""

    list_display = ("title", "shelf")
