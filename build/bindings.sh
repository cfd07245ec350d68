#!/usr/bin/env bash
# Writes frontend/wailsjs from the exported methods of App, or, with --check, fails where it differs.
#
# This is what `wails generate module` does: the app built with the tag "bindings" writes the files
# and ends. It runs in a folder of its own, so that a check changes nothing, and with the Wails of
# go.mod, so that generator and runtime cannot be of two versions.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

go build -buildvcs=false -tags bindings -o "$work/relink" .
mkdir -p "$work/frontend" "$work/home" "$work/data"
cp wails.json "$work/"
(cd "$work" && env HOME="$work/home" RELINK_DATA_DIR="$work/data" tsoutputtype=classes ./relink >"$work/log" 2>&1 </dev/null) ||
  { cat "$work/log" >&2; echo "bindings: the generator failed" >&2; exit 1; }
[ -d "$work/frontend/wailsjs/go" ] || { cat "$work/log" >&2; echo "bindings: the generator wrote nothing" >&2; exit 1; }
find "$work/frontend/wailsjs" -type f -exec chmod 644 {} +
find "$work/frontend/wailsjs" -type d -exec chmod 755 {} +

if [ "${1:-}" = --check ]; then
  diff -r frontend/wailsjs "$work/frontend/wailsjs" ||
    { echo "bindings: frontend/wailsjs differs from the Go code. Run: make bindings" >&2; exit 1; }
  echo "bindings: frontend/wailsjs is up to date"
else
  rm -rf frontend/wailsjs
  cp -r "$work/frontend/wailsjs" frontend/wailsjs
  echo "bindings: wrote frontend/wailsjs"
fi
