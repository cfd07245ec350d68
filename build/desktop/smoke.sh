#!/usr/bin/env bash
# The smoke test of the production build: a real window, its rows as a screen reader gets them, a
# screenshot, the second start, and the ways to end.
#
# usage: build/desktop/smoke.sh BINARY [ARTEFACT-FOLDER]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

if [[ ${1:-} != --inside ]]; then
	(($#)) || { sed -n '2,5s/^# \?//p' "$0" >&2; exit 2; }
	binary=$(realpath "$1")
	artefacts=$(mkdir -p "${2:-build/bin/artefacts}" && realpath "${2:-build/bin/artefacts}")
	exec bash "$here/session.sh" bash "$here/smoke.sh" --inside "$binary" "$artefacts"
fi
binary=$2 artefacts=$3
# The inspector would let any local program drive the window; a release must not open it.
export WEBKIT_INSPECTOR_HTTP_SERVER=127.0.0.1:42117

pid=
say() { printf '%s\n' "smoke: $*"; }
fail() {
	say "FAILED: $*" >&2
	import -window root "$artefacts/smoke-failed.png" 2>/dev/null || true
	[[ -z $pid ]] || /usr/bin/python3 "$here/rows.py" --pid "$pid" --seconds 1 dump >"$artefacts/smoke-failed.txt" 2>/dev/null || true
	sed 's/^/  app: /' "$artefacts/app.log" >&2 || true
	[[ -z $pid ]] || kill -9 "$pid" 2>/dev/null || true
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
visible() { xdotool search --onlyvisible --pid "$pid" --name '^Relink'; }
hidden() { ! visible; }
gone() { ! kill -0 "$pid"; }
now() { date +%s%3N; }
rows() { /usr/bin/python3 "$here/rows.py" --pid "$pid" "$@"; }
start() { # start WHAT [ARGUMENT…]: opens the window and waits until it is seen
	local what=$1 began
	shift
	began=$(now)
	"$binary" "$@" >"$artefacts/app.log" 2>&1 & pid=$!
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

say "sample integrations"
start "sample" --sample
began=$(now)
rows --seconds 60 wait 'Sample Analytics=Connected' 'Sample Ads=Connected' 'Sample Shop=Connected' ||
	fail "the rows are not there"
say "rows painted $(($(now) - began)) ms after the window"
import -window root "$artefacts/smoke.png"
colours=$(identify -format %k "$artefacts/smoke.png")
((colours > 50)) || fail "the screenshot has $colours colours: nothing was painted"
if (exec 3<>/dev/tcp/127.0.0.1/42117) 2>/dev/null; then fail "the web inspector is open"; fi
kill -TERM "$pid"
ended 0 "SIGTERM"
[[ -z $(find "$TMPDIR" -maxdepth 1 -name 'relink-*' -print -quit) ]] || fail "the throw-away folder was left behind"

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
kill -TERM "$pid"
ended 0 "SIGTERM"
[[ $(stat -c %a "$data") == 700 ]] || fail "the data folder's mode is $(stat -c %a "$data")"
loose=$(find "$data" -type f -perm /077)
[[ -z $loose ]] || fail "others may read $loose"
say "passed; screenshot in $artefacts/smoke.png"
