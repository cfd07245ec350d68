#!/usr/bin/env bash
# Opens Relink. Without a display there is no window to open, so the same story is told in the terminal.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "$(uname -s)" = Linux ] && [ -z "${DISPLAY:-}" ] && [ -z "${WAYLAND_DISPLAY:-}" ] && [ $# -eq 0 ]; then
  echo "There is no display here (DISPLAY and WAYLAND_DISPLAY are empty), so no window can be opened."
  echo "This is the same story in the terminal: relink demo"
  echo
  exec build/bin/relink demo
fi
exec build/bin/relink "$@"
