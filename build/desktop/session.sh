#!/usr/bin/env bash
# Runs a command on a desktop of its own, and ends the desktop with it: a display nobody sees, a
# session bus, a window frame (openbox), accessibility (AT-SPI), a notification service (dunst), and
# an empty home. Nothing of the caller's desktop, keychain or settings is touched.
#
# usage: build/desktop/session.sh COMMAND [ARGUMENT…]
# The command finds DISPLAY, DBUS_SESSION_BUS_ADDRESS, HOME and TMPDIR set. Its exit code is returned.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

need() { # need PROGRAM=PACKAGE…
	local missing=() pair
	for pair in "$@"; do command -v "${pair%%=*}" >/dev/null || [[ -x ${pair%%=*} ]] || missing+=("${pair#*=}"); done
	if ((${#missing[@]})); then
		echo "install these packages: $(printf '%s\n' "${missing[@]}" | sort -u | paste -sd' ')" >&2
		exit 1
	fi
}

if [[ ${1:-} == --inside ]]; then
	shift
	pids=()
	trap 'for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done' EXIT
	openbox >"$HOME/openbox.log" 2>&1 & pids+=($!)
	dunst -config "$here/dunstrc" >"$HOME/dunst.log" 2>&1 & pids+=($!)
	/usr/libexec/at-spi-bus-launcher --launch-immediately >"$HOME/a11y.log" 2>&1 & pids+=($!)
	for _ in $(seq 100); do
		gdbus call --session -d org.a11y.Bus -o /org/a11y/bus -m org.freedesktop.DBus.Properties.Set \
			org.a11y.Status IsEnabled '<true>' >/dev/null 2>&1 && break
		sleep 0.1
	done
	"$@"
	exit
fi

(($#)) || { sed -n '2,7s/^# \?//p' "$0" >&2; exit 2; }
need Xvfb=xvfb dbus-run-session=dbus-daemon openbox=openbox dunst=dunst gdbus=libglib2.0-bin xdotool=xdotool \
	import=imagemagick /usr/libexec/at-spi-bus-launcher=at-spi2-core
/usr/bin/python3 -c 'import pyatspi' 2>/dev/null || { echo "install this package: python3-pyatspi" >&2; exit 1; }

work=$(mktemp -d)
xvfb=
trap '[[ -z $xvfb ]] || kill "$xvfb" 2>/dev/null || true; rm -rf "$work"' EXIT
mkdir -m 700 "$work/home" "$work/run" "$work/tmp"
mkfifo "$work/display"
Xvfb -displayfd 3 -screen 0 1280x800x24 -nolisten tcp 3>"$work/display" >"$work/xvfb.log" 2>&1 & xvfb=$!
read -r -t 20 number <"$work/display" || { echo "the display server did not come up" >&2; exit 1; }

code=0
env -u DBUS_SESSION_BUS_ADDRESS -u WAYLAND_DISPLAY -u NO_AT_BRIDGE -u RELINK_DATA_DIR -u XDG_CURRENT_DESKTOP \
	DISPLAY=":$number" HOME="$work/home" XDG_RUNTIME_DIR="$work/run" TMPDIR="$work/tmp" XDG_CONFIG_HOME="$work/home/.config" \
	XDG_DATA_HOME="$work/home/.local/share" XDG_CACHE_HOME="$work/home/.cache" XDG_STATE_HOME="$work/home/.local/state" \
	LANG=C.UTF-8 LC_ALL=C.UTF-8 LANGUAGE=en GDK_BACKEND=x11 \
	dbus-run-session -- bash "$here/session.sh" --inside "$@" 2> >(grep -v -E 'fd limit|Activating|activated|SpiRegistry' >&2) || code=$?
exit "$code"
