#!/usr/bin/env bash
# Opens Relink ($RELINK_BINARY, or what was built last) with the arguments. Without any, it shows the samples as long as
# nothing of one's own is connected; and where no window can be opened, their story is told in the terminal.
set -euo pipefail
cd "$(dirname "$0")/.."
relink=${RELINK_BINARY:-build/bin/relink}
if [ $# -eq 0 ] && [ "$(uname -s)" = Linux ] && [ -z "${DISPLAY:-}" ] && [ -z "${WAYLAND_DISPLAY:-}" ]; then
  echo "There is no display here (DISPLAY and WAYLAND_DISPLAY are empty), so no window can be opened."
  echo "This is the same story in the terminal: relink demo"
  echo
  exec "$relink" demo
fi
if [ $# -eq 0 ] && "$relink" status --json 2>/dev/null | grep -q '"rows": \[\]'; then
  echo "Nothing is connected yet, so the window opens with sample integrations. Leave the demo there to connect your own."
  set -- --sample
fi
exec "$relink" "$@"
