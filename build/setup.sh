#!/usr/bin/env bash
# Installs what the named groups need and is missing: setup.sh go|run|test ...
#   go    the Go tool chain and the Debian packages to compile with
#   run   and what the window needs: Node, the front end's packages
#   test  and what the tests start: a display, a keyring, databases, a browser
# It asks nothing, starts no service, and says what it installs before it does.
set -euo pipefail
cd "$(dirname "$0")/.."

compile_packages=(build-essential pkg-config libgtk-3-dev libwebkit2gtk-4.1-dev)
test_packages=(
  xvfb openbox dunst gnome-keyring dbus dbus-x11 xdotool wmctrl x11-utils at-spi2-core
  python3 python3-pyatspi postgresql mariadb-server openssh-server openssh-client xfce4-panel xfconf imagemagick
  libnotify-bin xclip iproute2 fonts-dejavu-core fonts-noto-core
)

say() { printf 'setup: %s\n' "$*" >&2; }
stop() { say "$*"; exit 1; }

# at_least HAVE WANT compares dotted versions.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

check_go() {
  local want have
  want=$(awk '$1 == "go" {print $2}' go.mod)
  command -v go >/dev/null || stop "Go $want or newer is needed and no 'go' is on the PATH. See https://go.dev/doc/install"
  have=$(go env GOVERSION 2>/dev/null) || have=$(GOTOOLCHAIN=local go version | awk '{print $3}')
  have=${have#go}
  at_least "${have%% *}" "$want" || stop "Go $want or newer is needed; this is Go $have. See https://go.dev/doc/install"
}

check_node() {
  local have
  command -v node >/dev/null || stop "Node 20.19 or newer is needed and no 'node' is on the PATH. See https://nodejs.org"
  command -v npm >/dev/null || stop "npm is needed and is not on the PATH; it usually comes with Node"
  have=$(node --version)
  have=${have#v}
  at_least "$have" 20.19.0 || stop "Node 20.19 or newer is needed; this is Node $have. See https://nodejs.org"
}

missing_packages() {
  local name
  for name in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || printf '%s\n' "$name"
  done
}

# A browser may come under several names; Ubuntu's is called chromium-browser.
browser_package() {
  local name
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    command -v "$name" >/dev/null && return
  done
  if apt-cache show chromium >/dev/null 2>&1 || ! apt-cache show chromium-browser >/dev/null 2>&1; then
    echo chromium
  else
    echo chromium-browser
  fi
}

# While packages are installed no service may start: the tests start their own, on their own ports.
forbid_services() {
  [ -e /usr/sbin/policy-rc.d ] && return
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee /usr/sbin/policy-rc.d >/dev/null
  "${as_root[@]}" chmod 755 /usr/sbin/policy-rc.d
  trap '"${as_root[@]}" rm -f /usr/sbin/policy-rc.d' EXIT
}

# keep_services_off NAME... keeps newly installed database servers from starting with the computer.
keep_services_off() {
  [ -d /run/systemd/system ] || return 0
  local name
  for name in "$@"; do
    case $name in
      postgresql) "${as_root[@]}" systemctl disable --quiet postgresql.service || true ;;
      mariadb-server) "${as_root[@]}" systemctl disable --quiet mariadb.service || true ;;
      openssh-server) "${as_root[@]}" systemctl disable --quiet ssh.service || true ;;
    esac
  done
}

install_debian() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  say "these Debian packages are missing: ${missing[*]}"
  as_root=()
  if [ "$(id -u)" != 0 ]; then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
      as_root=(sudo -n)
    else
      stop "no permission to install them. Please run:  sudo apt-get install --no-install-recommends ${missing[*]}"
    fi
  fi
  as_root+=(env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l)
  "${as_root[@]}" apt-get -q -o DPkg::Lock::Timeout=300 update >&2 || say "apt-get update had trouble; trying with the lists at hand"
  forbid_services
  "${as_root[@]}" apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 "${missing[@]}" >&2 </dev/null ||
    stop "apt-get could not install: ${missing[*]}"
  keep_services_off "${missing[@]}"
}

# Elsewhere the packages have other names, so only their effect is checked.
check_other_system() {
  [ "$(uname -s)" = Linux ] || return 0
  command -v pkg-config >/dev/null && pkg-config --exists gtk+-3.0 && pkg-config --exists webkit2gtk-4.1 ||
    stop "GTK 3 and WebKitGTK 4.1 with their headers are needed. Fedora:  sudo dnf install gcc pkgconf gtk3-devel webkit2gtk4.1-devel"
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || stop "the tests need '$tool', which is not on the PATH"
  done
}

# npm_packages FOLDER installs exactly what the lock file lists, if it changed since the last time.
npm_packages() {
  [ -f "$1/package-lock.json" ] || return 0
  local stamp="$1/node_modules/.relink-lock" want
  want="$(sha256sum <"$1/package-lock.json") $(node --version)"
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ] && return
  say "npm ci in $1"
  (cd "$1" && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund --loglevel=error </dev/null >&2)
  printf '%s' "$want" >"$stamp"
}

window=no tests=no
for group in "$@"; do
  case $group in
    go) ;;
    run) window=yes ;;
    test) window=yes tests=yes ;;
    *) stop "unknown group '$group'; the groups are go, run, test" ;;
  esac
done

check_go
if [ $window = yes ]; then check_node; fi
if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then
  packages=("${compile_packages[@]}")
  if [ $tests = yes ]; then packages+=("${test_packages[@]}" $(browser_package)); fi
  install_debian "${packages[@]}"
elif [ $tests = yes ]; then
  check_other_system Xvfb openbox dunst gnome-keyring-daemon dbus-run-session xdotool wmctrl python3 initdb mariadbd sshd ssh-agent import
else
  check_other_system
fi
if [ $window = yes ]; then npm_packages frontend; fi
if [ $tests = yes ]; then npm_packages build/e2e; npm_packages build/peers; fi
