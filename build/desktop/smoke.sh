#!/usr/bin/env bash
# The smoke test of the untouched production build in a real window: rows as a screen reader gets
# them, a screenshot, a notification and its button, the second start, and the ways to end.
#   smoke.sh [BINARY]      build/bin/relink when not named; pictures go to $RELINK_ARTEFACTS or build/artefacts
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

if [[ ${1:-} != --inside ]]; then
	binary=$(realpath "${1:-$here/../bin/relink}")
	artefacts=${RELINK_ARTEFACTS:-$here/../artefacts}
	mkdir -p "$artefacts"
	missing=()
	for pair in Xvfb=xvfb dbus-run-session=dbus-daemon openbox=openbox dunst=dunst gdbus=libglib2.0-bin xdotool=xdotool \
		import=imagemagick /usr/libexec/at-spi-bus-launcher=at-spi2-core; do
		command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
	done
	/usr/bin/python3 -c 'import pyatspi' 2>/dev/null || missing+=(python3-pyatspi)
	if ((${#missing[@]})); then
		echo "smoke: install these packages: ${missing[*]}" >&2
		exit 1
	fi
	# Under nohup the program would rightly outlive SIGHUP, which is sent to it below.
	exec env --default-signal=HUP -u DBUS_SESSION_BUS_ADDRESS -u RELINK_DATA_DIR LC_ALL=C.UTF-8 LANG=C.UTF-8 LANGUAGE=en GDK_BACKEND=x11 \
		"$here/../session.sh" bash "$here/smoke.sh" --inside "$binary" "$(realpath "$artefacts")"
fi
binary=$2 artefacts=$3
export TMPDIR=$HOME/tmp XDG_CONFIG_HOME=$HOME/.config
mkdir -p "$TMPDIR"
# The inspector would let any local program drive the window; a release must not open it.
export WEBKIT_INSPECTOR_HTTP_SERVER=127.0.0.1:42117
# A person who consents at once.
export BROWSER=$here/browser.py

pid='' helpers=()
say() { printf 'smoke: %s\n' "$*"; }
clean() {
	[[ -z $pid ]] || kill -9 "$pid" 2>/dev/null || true
	((${#helpers[@]} == 0)) || kill "${helpers[@]}" 2>/dev/null || true
}
trap clean EXIT
fail() {
	say "FAILED: $*" >&2
	import -window root "$artefacts/smoke-failed.png" 2>/dev/null || true
	[[ -z $pid ]] || rows --seconds 1 dump >"$artefacts/smoke-failed.txt" 2>/dev/null || true
	head -40 "$artefacts/smoke-app.log" | sed 's/^/  app: /' >&2 || true
	exit 1
}
within() { # within SECONDS WHAT COMMAND…: tries the command until it succeeds
	local end=$((SECONDS + $1)) what=$2
	shift 2
	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || fail "$what"
		sleep 0.05
	done
}
now() { date +%s%3N; }
rows() { /usr/bin/python3 "$here/rows.py" --pid "$pid" "$@"; }
visible() { xdotool search --all --onlyvisible --pid "$pid" --name '^Relink'; }
hidden() { ! visible; }
gone() { ! kill -0 "$pid"; }
shown() { [[ $(dunstctl count displayed) == "$1" ]]; }
start() { # start WHAT [ARGUMENT…]: opens the window and waits until it is seen
	local what=$1 began
	shift
	began=$(now)
	"$binary" "$@" >"$artefacts/smoke-app.log" 2>&1 &
	pid=$!
	within 60 "$what: no window within 60 s" visible
	say "$what: window after $(($(now) - began)) ms"
}
ended() { # ended CODE WHAT: waits for the process and compares its exit code
	local code=0
	within 15 "$2: still running after 15 s" gone
	wait "$pid" || code=$?
	pid=
	[[ $code == "$1" ]] || fail "$2: exit code $code, want $1"
}
stopped() { # ends the window as the system does, and looks for what it left behind
	kill -TERM "$pid"
	ended 0 "SIGTERM"
	no_traces
}
no_traces() {
	[[ -z $(find "$TMPDIR" -maxdepth 1 -name 'relink-*' -print -quit) ]] || fail "the throw-away folder was left behind"
}
closed() { # closes the window, once the program knows of the tray
	hidden || { timeout 5 xdotool windowactivate --sync "$(visible | head -1)" key alt+F4 && sleep 0.5 && hidden; }
}
accessible() {
	gdbus call --session -d org.a11y.Bus -o /org/a11y/bus -m org.freedesktop.DBus.Properties.Set org.a11y.Status IsEnabled '<true>'
}

# A notification service, in which "dunstctl context" picks the button named Reconnect.
cat >"$HOME/dunstrc" <<'C'
[global]
    timeout = 120
    markup = full
    dmenu = /usr/bin/grep -m1 Reconnect
C
dunst -config "$HOME/dunstrc" >"$artefacts/smoke-dunst.log" 2>&1 &
helpers+=($!)
/usr/libexec/at-spi-bus-launcher --launch-immediately >/dev/null 2>&1 &
helpers+=($!)
within 20 "accessibility does not start" accessible
within 20 "the notification service does not start" dunstctl count

say "a broken integration is seen, told, and repaired from its notification; as make run opens it first"
RELINK_BINARY=$binary RELINK_DATA_DIR=$HOME/nothing binary=$here/../run.sh start "make run"
began=$(now)
rows --seconds 60 wait 'Sample Analytics=Connected' 'Sample Ads=Needs re-authorization' 'Sample Shop=Connected' ||
	fail "the rows are not there"
say "rows read $(($(now) - began)) ms after the window"
if (exec 3<>/dev/tcp/127.0.0.1/42117) 2>/dev/null; then fail "the web inspector is open"; fi
within 30 "no notification of what is broken" shown 1
import -window root "$artefacts/smoke.png"
colours=$(identify -format %k "$artefacts/smoke.png")
((colours > 50)) || fail "the screenshot has $colours colours: nothing was painted"
xdotool windowminimize "$(visible | head -1)"
within 10 "the window does not minimise" hidden
dunstctl context
within 10 "the notification's button does not bring the window back" visible
rows --seconds 20 text 'Sample Ads is connected again' || fail "the notification's button does not lead through the repair"
import -window root "$artefacts/smoke-repair.png"
stopped
dunstctl close-all

say "without a display"
code=0
(unset DISPLAY && timeout 30 "$binary" --sample >"$artefacts/smoke-app.log" 2>&1) || code=$?
[[ $code == 1 ]] && grep -q 'there is no display' "$artefacts/smoke-app.log" || fail "without a display: exit code $code"
if grep -q goroutine "$artefacts/smoke-app.log"; then fail "without a display: a trace of the program"; fi
no_traces

say "whoever started it is gone, and reads no more of what it writes"
"$binary" --sample >/dev/null 2> >(exec true) &
pid=$!
within 60 "nobody reads what it writes, and there is no window" visible
rows --seconds 60 wait 'Sample Ads=Needs re-authorization' >/dev/null || fail "the rows are not there"
kill -HUP "$pid"
ended 0 "SIGHUP"
no_traces

say "told to end while a file is chosen"
start "sample" --sample
rows press 'Calendar' && rows press 'Save' || fail "no calendar to save"
within 20 "the file dialog does not open" xdotool search --onlyvisible --name '^Save the calendar'
stopped
dunstctl close-all

say "a repair in the window withdraws the notification"
start "sample" --sample
within 30 "no notification of what is broken" shown 1
rows press 'Reconnect Sample Ads' || fail "no button for the repair"
rows --seconds 20 text 'Sample Ads is connected again' || fail "the button does not lead through the repair"
within 20 "the notification was not withdrawn" shown 0
rows press 'Done' || fail "the repair cannot be closed"
rows --seconds 20 wait 'Sample Ads=Connected' || fail "the row is not green after the repair"
xdotool key alt+F4
rows press 'Quit Relink' || fail "without a tray, closing does not ask"
ended 0 "Quit Relink"
no_traces

say "with a tray, closing hides the window"
/usr/bin/python3 "$here/tray.py" host >"$artefacts/smoke-tray.log" 2>&1 &
helpers+=($!)
start "sample" --sample
rows --seconds 60 wait 'Sample Ads=Needs re-authorization' >/dev/null || fail "the rows are not there"
within 20 "the icon is not in the tray" test -s "$artefacts/smoke-tray.log"
within 20 "closing does not hide the window" closed
/usr/bin/python3 "$here/tray.py" tap "$pid"
within 10 "the icon does not bring the window back" visible
within 20 "closing does not hide the window again" closed
/usr/bin/python3 "$here/tray.py" click "$pid" 'Sample Ads: '
within 10 "the tray's menu does not bring the window back" visible
rows --seconds 20 text 'Sample Ads is connected again' || fail "the tray's menu does not lead through the repair"
/usr/bin/python3 "$here/tray.py" click "$pid" 'Quit'
ended 0 "Quit in the tray"
no_traces

say "one window for each data folder"
data="$HOME/data folder"
start "first start" --data-dir "$data"
xdotool windowminimize "$(visible | head -1)"
within 10 "the window does not minimise" hidden
code=0
timeout 20 "$binary" --data-dir "$data" || code=$?
[[ $code == 0 ]] || fail "the second start: exit code $code, want 0"
within 10 "the second start did not raise the first window" visible
kill -9 "$pid"
wait "$pid" 2>/dev/null || true
start "after kill -9" --data-dir "$data"
stopped
say "two starts at once, as by a double click: the one that came first stays"
for after in 0.05 0.1 0.15 0.2 0.3; do
	"$binary" --data-dir "$data" >"$artefacts/smoke-app.log" 2>&1 &
	pid=$!
	sleep "$after"
	"$binary" --data-dir "$data" >"$artefacts/smoke-second.log" 2>&1 &
	second=$!
	helpers+=("$second")
	one_left() { ! kill -0 "$pid" || ! kill -0 "$second"; }
	within 20 "a second start $after s after the first: both run on" one_left
	# On a busy computer the later one can be the first to come.
	if gone; then other=$pid pid=$second; else other=$second; fi
	code=0
	wait "$other" || code=$?
	[[ $code == 0 ]] || fail "a second start $after s after the first: exit code $code, want 0"
	within 20 "a second start $after s after the first: no window" visible
	stopped
done
say "told to end while it starts"
for after in 0.1 0.15 0.2 0.25 0.3 0.4; do
	"$binary" --data-dir "$data" >"$artefacts/smoke-app.log" 2>&1 &
	pid=$!
	sleep "$after"
	kill -TERM "$pid"
	within 45 "told to end $after s after its start, and still running" gone
	wait "$pid" 2>/dev/null || true
	pid=
done
[[ $(stat -c %a "$data") == 700 ]] || fail "the data folder's mode is $(stat -c %a "$data"), want 700"
loose=$(find "$data" -type f -perm /077)
[[ -z $loose ]] || fail "others may read $loose"
say "passed; the window as it looked: $artefacts/smoke.png"
