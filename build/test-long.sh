#!/usr/bin/env bash
# The rounds that take too long for every change: the race detector, repetitions in another order,
# whatever the tests skip unless RELINK_LONG is set (kill loops, full keyrings), and fuzzing.
set -euo pipefail
cd "$(dirname "$0")/.."
export RELINK_LONG=1
echo "== race detector"
go test -race -timeout 30m ./backend/...
echo "== kill loops and races of processes"
go test -count 1 -timeout 120m ./build/...
echo "== repetitions, shuffled"
go test -count "${REPEAT:-5}" -shuffle on -timeout 60m ./backend/...
echo "== fuzzing"
build/fuzz.sh
echo "== end to end, repeated"
build/build.sh production dev
build/e2e.sh --repeat-each "${REPEAT:-5}"
for _ in $(seq "${REPEAT:-5}"); do build/desktop/smoke.sh; done
