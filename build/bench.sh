#!/usr/bin/env bash
# Measures Relink against its floors: bench.sh [-only size,sweep,truth,idle,first,window,database]
# BENCH_QUICK=1 takes fewer pairs; BENCH_KEYRING=1 adds 1,000 grants in a real keyring (minutes).
set -euo pipefail
cd "$(dirname "$0")/.."
programs=build/bin/bench
mkdir -p "$programs" build/artefacts
rm -f build/artefacts/bench.jsonl

build/build.sh production
tags=desktop,production
if pkg-config --exists webkit2gtk-4.1; then tags+=,webkit2_41; fi
flags=(-buildvcs=false -trimpath -ldflags "-s -w")
for name in target floor candidate; do go build "${flags[@]}" -o "$programs/$name" "./build/bench/$name"; done
for name in hello linked; do go build "${flags[@]}" -tags "$tags" -o "$programs/$name" "./build/bench/$name"; done
for with in nosandbox withsandbox; do go build "${flags[@]}" -tags "$tags,$with" -o "$programs/linked-$with" ./build/bench/linked; done
go build "${flags[@]}" -o "$programs/bench" ./build/bench
go test -c -o "$programs/probe.test" ./backend/probe

quick=()
if [ -n "${BENCH_QUICK:-}" ]; then quick=(-quick); fi
status=0
build/session.sh "$programs/bench" "${quick[@]}" "$@" || status=$?
if [ -n "${BENCH_KEYRING:-}" ]; then
  build/session.sh --keyring "$programs/bench" "${quick[@]}" -only keyring || status=$?
fi
echo "every value as a line of JSON: build/artefacts/bench.jsonl"
exit $status
