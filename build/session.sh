#!/usr/bin/env bash
# Runs a command in a desktop of its own: X display, session bus, window manager, home folder.
#   session.sh [--keyring] [--size 1280x800] COMMAND...
# Whatever it started ends with the command. --keyring adds an unlocked, empty gnome-keyring.
set -euo pipefail

keyring=no size=1280x800
while true; do
  case ${1:-} in
    --keyring) keyring=yes && shift ;;
    --size) size=$2 && shift 2 ;;
    *) break ;;
  esac
done
[ $# -gt 0 ] || { echo "session: no command" >&2; exit 2; }

if [ -z "${RELINK_SESSION:-}" ]; then
  # The outer half: folders and the display, then this script again inside a session bus.
  room=$(mktemp -d)
  chmod 700 "$room"
  started=()
  clean() {
    [ ${#started[@]} -eq 0 ] || kill "${started[@]}" 2>/dev/null || true
    rm -rf "$room" 2>/dev/null || true
  }
  trap clean EXIT
  mkdir -m 700 "$room/run" "$room/home" "$room/screen"
  # The tool chain's caches stay where they are; only what programs call home moves.
  export GOPATH GOCACHE GOMODCACHE npm_config_cache
  GOPATH=$(go env GOPATH) GOCACHE=$(go env GOCACHE) GOMODCACHE=$(go env GOMODCACHE)
  npm_config_cache=${npm_config_cache:-$HOME/.npm}
  export RELINK_SESSION=$room HOME=$room/home XDG_RUNTIME_DIR=$room/run
  export LIBGL_ALWAYS_SOFTWARE=1 NO_AT_BRIDGE=0 LANG=${LANG:-C.UTF-8}
  unset WAYLAND_DISPLAY XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME XDG_STATE_HOME
  mkfifo "$room/display"
  # The bench looks at the screen through its frame buffer.
  export RELINK_SCREEN=$room/screen/Xvfb_screen0
  Xvfb -displayfd 3 -screen 0 "${size}x24" -fbdir "$room/screen" -nolisten tcp 3>"$room/display" >"$room/xvfb.log" 2>&1 &
  started+=($!)
  read -r -t 30 number <"$room/display" || { cat "$room/xvfb.log" >&2; echo "session: no display" >&2; exit 1; }
  export DISPLAY=:$number
  status=0
  dbus-run-session -- "$0" $([ $keyring = no ] || echo --keyring) "$@" || status=$?
  exit $status
fi

openbox >"$RELINK_SESSION/openbox.log" 2>&1 &
started=($!)
trap 'kill "${started[@]}" 2>/dev/null || true' EXIT
if [ $keyring = yes ]; then
  printf test-pass | gnome-keyring-daemon --unlock --components=secrets --foreground >"$RELINK_SESSION/keyring.log" 2>&1 &
  started+=($!)
  for _ in $(seq 100); do
    gdbus call --session -d org.freedesktop.DBus -o / -m org.freedesktop.DBus.NameHasOwner org.freedesktop.secrets 2>/dev/null | grep -q true && break
    sleep 0.1
  done
fi
unset RELINK_SESSION
"$@"
