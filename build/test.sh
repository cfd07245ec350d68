#!/usr/bin/env bash
# Everything that must pass before a change lands. Every stage runs, even after one has failed; a stage
# that needs a failed one is counted as failed. Logs and pictures are kept in build/artefacts.
set -uo pipefail
cd "$(dirname "$0")/.."
artefacts=build/artefacts
rm -rf "$artefacts"
mkdir -p "$artefacts/logs"
export RELINK_ARTEFACTS=$PWD/$artefacts NO_COLOR=1
passed=() failed=()

# finish NAME STATUS SECONDS prints the outcome of a stage, and, where it failed, why.
finish() {
  local name=$1 status=$2 seconds=$3
  if [ "$status" = 0 ]; then
    passed+=("$name")
    grep -E '^(ok|\?|[0-9]+ passed)|no test files' "$artefacts/logs/$name.log" | grep -v 'no test files' || true
    printf 'PASS  %-12s %4d s\n' "$name" "$seconds"
  else
    failed+=("$name")
    printf -- '----- %s, the end of its log -----\n' "$name"
    tail -n 150 "$artefacts/logs/$name.log"
    printf 'FAIL  %-12s %4d s   (%s/logs/%s.log)\n' "$name" "$seconds" "$artefacts" "$name"
  fi
}

has_failed() { case " ${failed[*]-} " in *" $1 "*) return 0 ;; esac; return 1; }

# stage NAME [after OTHER...] -- COMMAND... runs one stage.
stage() {
  local name=$1 needed began=$SECONDS status=0
  shift
  if [ "$1" = after ]; then shift; fi
  while [ "$1" != -- ]; do
    needed=$1 && shift
    if has_failed "$needed"; then
      failed+=("$name")
      printf 'FAIL  %-12s         (not run: %s failed)\n' "$name" "$needed"
      return
    fi
  done
  shift
  "$@" >"$artefacts/logs/$name.log" 2>&1 </dev/null || status=$?
  finish "$name" "$status" $((SECONDS - began))
}

go_tests() { go test -timeout 8m ./... ; }
frontend_tests() { (cd frontend && npm run --silent test) && build/build.sh frontend; }

# The two lints share nothing, so they share the cores.
front_began=$SECONDS
(build/lint.sh frontend && frontend_tests) >"$artefacts/logs/frontend.log" 2>&1 </dev/null &
front=$!
stage lint -- build/lint.sh go
status=0
wait "$front" || status=$?
finish frontend "$status" $((SECONDS - front_began))

stage bindings -- build/bindings.sh --check
stage go -- go_tests
stage build after frontend -- build/build.sh production dev
stage e2e after build -- build/e2e.sh
stage smoke after build -- build/desktop/smoke.sh

printf '\nstages: %s s in all; logs and pictures in %s\n' "$SECONDS" "$artefacts"
printf '%d passed, %d failed\n' "${#passed[@]}" "${#failed[@]}"
[ ${#failed[@]} -eq 0 ]
