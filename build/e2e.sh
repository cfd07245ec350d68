#!/usr/bin/env bash
# Drives the page in Chromium, with the real backend behind it: e2e.sh [Playwright's arguments]
# The dev build still opens its native window, so it gets a display and a session bus of its own.
set -euo pipefail
cd "$(dirname "$0")/.."
[ -x build/bin/relink-dev ] || build/build.sh dev
# The world starts it, and has no time to build it.
go tool -modfile=build/tools/go.mod -n mailpit >/dev/null
export RELINK_BINARY=$PWD/build/bin/relink-dev RELINK_ASSETS=$PWD/frontend/dist
export RELINK_ARTEFACTS=${RELINK_ARTEFACTS:-$PWD/build/artefacts}
mkdir -p "$RELINK_ARTEFACTS/e2e"
cd build/e2e
exec ../session.sh npx --no-install playwright test --output "$RELINK_ARTEFACTS/e2e" "$@"
