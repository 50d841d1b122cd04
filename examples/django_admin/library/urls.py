"""The admin, and the files of books as attachments."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.http import FileResponse, HttpRequest
from django.urls import path


def text(request: HttpRequest, name: str) -> FileResponse:
    """Send the file of a book to be saved, not shown."""
    return FileResponse((settings.MEDIA_ROOT / "texts" / name).open("rb"), as_attachment=True)


urlpatterns = [path("admin/", admin.site.urls), path("texts/<str:name>", text)]
