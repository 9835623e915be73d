#!/bin/sh
# install.sh VENV LOCK: make a virtual environment and install the locked packages and this project into it.
set -eu
venv=$1
lock=$2

if [ ! -x "$venv/bin/python" ]; then
    python=""
    for candidate in "${PYTHON:-}" python3.11 python3.12 python3.13 python3; do
        [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1 || continue
        if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))'; then
            python=$candidate
            break
        fi
    done
    if [ -z "$python" ]; then
        echo "install: Python 3.11 to 3.13 is needed; on Debian: apt-get install python3" >&2
        exit 1
    fi
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        # Debian keeps these two modules of the standard library in a package of their own.
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
            echo "install: adding Debian's python3-venv"
            apt-get update -qq
            apt-get install -y -qq python3-venv >/dev/null
        else
            echo "install: Python's venv module is missing; as root: apt-get install python3-venv" >&2
            exit 1
        fi
    fi
    echo "install: making $venv"
    rm -rf "$venv"
    "$python" -m venv "$venv"
fi
echo "install: $lock"
# the lock names every package with its hash: nothing is left to resolve
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps -r "$lock"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
