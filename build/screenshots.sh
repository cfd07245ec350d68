#!/usr/bin/env bash
# Photographs the real window, the production build with sample integrations, into build/screenshots:
# the list and the repair of what is broken, in both languages, light and dark; the other side, the incidents
# and the owner's card in both languages, light.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$PWD/build/screenshots

# still WINDOW FILE photographs a window once it has not changed for a second.
still() {
  local window=$1 file=$2 before="" now
  for _ in $(seq 40); do
    import -window "$window" "$file"
    now=$(convert "$file" rgb:- | sha256sum)
    [ "$now" = "$before" ] && return
    before=$now
    sleep 1
  done
  echo "screenshots: $file does not come to rest; kept as it is" >&2
}

if [ "${1:-}" = --inside ]; then
  # Inside a session of its own: one language, one appearance.
  lang=$2 look=$3 log=$RELINK_ARTEFACTS/screenshots-$2-$3.log
  case $lang in en) locale=en_US.UTF-8 ;; pt-BR) locale=pt_BR.UTF-8 ;; esac
  dunstctl set-paused true 2>/dev/null || true # no notification in front of the window
  export GTK_THEME=Adwaita
  [ "$look" = light ] || GTK_THEME=Adwaita:dark
  export BROWSER=/bin/true # the picture is of Relink, waiting for the person in the browser
  env -u LC_ALL -u LC_MESSAGES -u LANGUAGE LANG="$locale" build/bin/relink --sample >"$log" 2>&1 &
  app=$!
  trap 'kill "$app" 2>/dev/null || true; wait "$app" 2>/dev/null || true' EXIT
  window=$(timeout 60 xdotool search --sync --onlyvisible --name '^Relink$' | head -n 1) || true
  [ -n "$window" ] || { cat "$log" >&2; echo "screenshots: no window" >&2; exit 1; }
  xdotool windowsize --sync "$window" 1120 760 || true
  # The system's Python: pyatspi is a package of Debian's.
  rows() { /usr/bin/python3 build/desktop/rows.py --pid "$app" "$@"; }
  rows text "Sample Ads" "Sample Analytics" "Sample Shop"
  still "$window" "$out/integrations-$lang-$look.png"
  if [ "$look" = light ]; then
    case $lang in
      en) incidents=Incidents story="What happened: " list=Integrations done="Mark as done: " close=Close more="More for " share="Share instructions" ;;
      pt-BR) incidents=Incidentes story="O que aconteceu: " list=Integrações done="Marcar como feito: " close=Fechar more="Mais opções de " share="Compartilhar instruções" ;;
    esac
    rows press "$incidents"
    rows press "$story"
    still "$window" "$out/incidents-$lang.png"
    rows press "$list"
    rows press "Sample Shop"
    rows focus "Last Data Point Received"
    xdotool windowfocus --sync "$window" type --delay 20 "4 days ago"
    xdotool key Return
    rows press "${done}1"
    rows focus "${done}4"
    still "$window" "$out/commerce-$lang.png"
    rows press "$close"
    rows press "${more}Sample Ads"
    rows press "$share"
    still "$window" "$out/card-$lang.png"
    rows press "$close"
  fi
  rows press "Sample Ads"
  sleep 3 # it counts down, so it never comes to rest
  import -window "$window" "$out/repair-$lang-$look.png"
  exit
fi

export RELINK_ARTEFACTS=${RELINK_ARTEFACTS:-$PWD/build/artefacts}
mkdir -p "$out" "$RELINK_ARTEFACTS"
for lang in en pt-BR; do
  for look in light dark; do
    echo "screenshots: $lang, $look"
    build/session.sh --size 1280x860 build/screenshots.sh --inside "$lang" "$look"
  done
done
ls -1 "$out"
