#!/usr/bin/env bash
# What a machine can say about the code without running it: lint.sh [go|frontend] ...
set -euo pipefail
cd "$(dirname "$0")/.."

lint_go() {
  local badly
  badly=$(find . -name '*.go' -not -path '*/node_modules/*' -not -path './.git/*' -print0 | xargs -0 gofmt -l)
  [ -z "$badly" ] || { printf 'gofmt would change:\n%s\n' "$badly" >&2; exit 1; }
  go vet ./...
  # Windows cannot be run here, so at least what is shipped there is compiled; some tests are for Unix alone.
  CGO_ENABLED=0 GOOS=windows go build ./backend/...
  go tool -modfile=build/tools/go.mod staticcheck ./...
}

lint_frontend() {
  (cd frontend && npm run --silent check </dev/null && npm run --silent lint </dev/null)
}

for part in "${@:-go}" $([ $# -gt 0 ] || echo frontend); do
  case $part in
    go) lint_go ;;
    frontend) lint_frontend ;;
    *) echo "lint: unknown part '$part'" >&2 && exit 1 ;;
  esac
done
