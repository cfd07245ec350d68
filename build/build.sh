#!/usr/bin/env bash
# Builds Relink: build.sh [frontend|production|dev|windows] ...
#   frontend    frontend/dist, if its sources are newer
#   production  build/bin/relink
#   dev         build/bin/relink-dev: serves the page over HTTP to the tests' browser; never shipped
#   windows     build/bin/relink.exe, cross-built
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p build/bin

version=$(git describe --tags --always --dirty 2>/dev/null || echo unreleased)
tags=desktop
if [ "$(uname -s)" = Linux ] && pkg-config --exists webkit2gtk-4.1; then tags+=,webkit2_41; fi

go_build() {
  local output=$1 tags=$2 flags=$3
  echo "build: $output ($tags)"
  go build -buildvcs=false -trimpath -tags "$tags" -ldflags "$flags -X main.version=$version" -o "$output" .
}

build_frontend() {
  if [ -f frontend/dist/index.html ] &&
    [ -z "$(find frontend backend/locale -newer frontend/dist/index.html -type f \
      -not -path '*/node_modules/*' -not -path 'frontend/dist/*' -print -quit)" ]; then
    return
  fi
  echo "build: frontend/dist"
  (cd frontend && npm run --silent build </dev/null)
  touch frontend/dist/.gitkeep frontend/dist/index.html
}

for target in "${@:-production}"; do
  case $target in
    frontend) build_frontend ;;
    production)
      build_frontend
      go_build build/bin/relink "$tags,production" "-s -w"
      ;;
    dev)
      build_frontend
      go_build build/bin/relink-dev "$tags,dev" ""
      ;;
    windows)
      build_frontend
      CGO_ENABLED=0 GOOS=windows GOARCH=amd64 go_build build/bin/relink.exe desktop,production "-H windowsgui -s -w"
      ;;
    *) echo "build: unknown target '$target'" >&2 && exit 1 ;;
  esac
done
