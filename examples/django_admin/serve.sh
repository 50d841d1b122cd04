#!/bin/sh
# Installs Django beside this file and serves the library on 127.0.0.1:8010, anew each time.
# Ctrl-C ends it.
set -eu
cd "$(dirname "$0")"
[ -x .venv/bin/python ] || python3 -m venv .venv
.venv/bin/python -m pip install --quiet "django>=5.2,<6"
LIBRARY_DATA=$(mktemp -d)
trap 'rm -rf "$LIBRARY_DATA"' EXIT
export LIBRARY_DATA DJANGO_SETTINGS_MODULE=library.settings PYTHONDONTWRITEBYTECODE=1
export DJANGO_SUPERUSER_PASSWORD=correct-horse
.venv/bin/python -m django migrate --run-syncdb --verbosity 0
.venv/bin/python -m django createsuperuser --noinput --username ada --email ada@example.com
.venv/bin/python -m django runserver --noreload 127.0.0.1:8010
