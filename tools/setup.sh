#!/bin/sh
# Makes .venv current with requirements.txt, or says in one sentence why it cannot. Skipped when it is current.
set -eu
cd "$(dirname "$0")/.."

refuse() { printf 'setup: %s\n' "$1" >&2; exit 1; }

# A Python this was tested with if there is one, else a newer one.
find_python() {
    for below in 14 99; do
        for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python}; do
            "$candidate" -c "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, $below))" 2>/dev/null && {
                command -v "$candidate"; return 0
            }
        done
    done
    return 1
}

# The folder is part of the key: the commands in .venv hold its path, so a moved or copied checkout starts again.
key() { { pwd; cat requirements.txt pyproject.toml aieq/kernels/kernel.json tools/setup.sh; } | cksum | tr ' ' '-'; }

stamp=.venv/current
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(key)" ] && .venv/bin/python -c '' 2>/dev/null; then
    exit 0
fi

if [ -n "${PYTHON:-}" ]; then
    python=$(find_python) || refuse "PYTHON=$PYTHON is not a Python 3.11 or newer that runs; name one that is, or leave PYTHON out."
else
    python=$(find_python) || refuse "this needs Python 3.11 or newer and none is on the path; install one, or say where it is: make setup PYTHON=/path/to/python3.12"
fi
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    refuse "$python cannot make virtual environments; install its venv module (on Debian and Ubuntu: apt install python3-venv)."

# An interpreter found in .venv would be swept away under its own feet.
case "$python" in
    "$PWD"/.venv/*) refuse "leave the active .venv first (deactivate), it is about to be replaced." ;;
esac

rm -rf .venv
echo "setup: a new .venv with $("$python" --version)"
"$python" -c 'import sys; sys.exit(sys.version_info >= (3, 14))' ||
    echo "setup: this was tested with Python 3.11 to 3.13; should a package fail to install, try one of these (PYTHON=...)."
"$python" -m venv .venv || refuse "making .venv failed; the lines above say why."
log=.venv/setup.log
echo "setup: installing $(grep -c '^[a-z0-9].*==' requirements.txt) locked packages (some minutes the first time)"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r requirements.txt >"$log" 2>&1 || {
    if grep -qiE 'connection|resolution|timed out|proxy|network|ssl|no matching distribution' "$log"; then
        refuse "the package index cannot be reached or lacks a package; check the network and run make again (details: $log)."
    fi
    refuse "installing failed: $(grep -i error "$log" | tail -n 1) (details: $log)."
}
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --no-deps --no-build-isolation -e . >>"$log" 2>&1 ||
    refuse "installing this package failed: $(grep -i error "$log" | tail -n 1) (details: $log)."
key >"$stamp"
