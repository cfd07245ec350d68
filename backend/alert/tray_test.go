package alert

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/google/go-cmp/cmp"

	"relink/backend/integration"
	"relink/backend/locale"
	"relink/build/desktop"
)

// line is one visible entry of the menu, as a panel reads it.
type line struct {
	id      int32
	label   string
	enabled bool
}

// readMenu asks for the tray's menu over the bus, as a panel does.
func readMenu(t *testing.T, conn *dbus.Conn, app dbus.Sender) []line {
	t.Helper()
	type layout struct {
		ID       int32
		Props    map[string]dbus.Variant
		Children []dbus.Variant
	}
	var revision uint32
	var root layout
	err := conn.Object(string(app), "/StatusNotifierItem/menu").Call("com.canonical.dbusmenu.GetLayout", 0, int32(0), int32(-1), []string{}).Store(&revision, &root)
	if err != nil {
		t.Fatal(err)
	}
	var lines []line
	for _, c := range root.Children {
		var item layout
		if err := dbus.Store([]any{c.Value()}, &item); err != nil {
			t.Fatal(err)
		}
		label, isItem := item.Props["label"].Value().(string)
		visible, stated := item.Props["visible"].Value().(bool)
		if isItem && (visible || !stated) {
			enabled, _ := item.Props["enabled"].Value().(bool)
			lines = append(lines, line{item.ID, label, enabled})
		}
	}
	return lines
}

// click chooses the entry with the label.
func click(t *testing.T, conn *dbus.Conn, app dbus.Sender, label string) {
	t.Helper()
	for _, l := range readMenu(t, conn, app) {
		if l.label == label {
			err := conn.Object(string(app), "/StatusNotifierItem/menu").Call("com.canonical.dbusmenu.Event", 0, l.id, "clicked", dbus.MakeVariant(""), uint32(0)).Err
			if err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("no entry %q in the menu", label)
}

// trayOf starts a tray whose menu reports on the channel.
func trayOf(t *testing.T) (*Tray, <-chan string) {
	t.Helper()
	did := make(chan string, 4)
	english := words(t, locale.English)
	tray := NewTray(TrayOptions{
		Printer:    func() locale.Printer { return english },
		OpenRepair: func(id string) { did <- "repair " + id },
		CheckAll:   func() { did <- "check all" },
		Open:       func() { did <- "open" },
		Quit:       func() { did <- "quit" },
	})
	if err := tray.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tray.Stop)
	return tray, did
}

func TestTheTrayIsRegisteredAndItsMenuReachesTheApp(t *testing.T) {
	if !onDesktop(t) {
		return
	}
	w := watch(t)
	conn := bus(t)
	tray, did := trayOf(t)
	app := within(t, "the registration", w.from)

	tray.Update([]TrayRow{{"int_1", "Google_Ads", integration.StatusNeedsReauthorization}, {"int_2", "Stripe", integration.StatusConnected}})
	var labels []string
	for _, l := range readMenu(t, conn, app) {
		labels = append(labels, l.label)
	}
	want := []string{"1 integration needs attention", "Google__Ads: needs re-authorization", "Check all now", "Open Relink", "Quit"}
	if diff := cmp.Diff(want, labels); diff != "" {
		t.Fatal(diff)
	}
	for label, wanted := range map[string]string{"Google__Ads: needs re-authorization": "repair int_1", "Check all now": "check all", "Open Relink": "open", "Quit": "quit"} {
		click(t, conn, app, label)
		if got := within(t, label, did); got != wanted {
			t.Errorf("%s: %q, want %q", label, got, wanted)
		}
	}
	if err := conn.Object(string(app), "/StatusNotifierItem").Call("org.kde.StatusNotifierItem.Activate", 0, int32(0), int32(0)).Err; err != nil {
		t.Error("a left click:", err)
	} else if got := within(t, "a left click", did); got != "open" {
		t.Errorf("a left click: %q", got)
	}
}

func TestTheTrayFollowsWhatChanges(t *testing.T) {
	if !onDesktop(t) {
		return
	}
	w := watch(t)
	conn := bus(t)
	tray, _ := trayOf(t)
	app := within(t, "the registration", w.from)
	if err := conn.AddMatchSignal(dbus.WithMatchSender(string(app)), dbus.WithMatchObjectPath("/StatusNotifierItem/menu")); err != nil {
		t.Fatal(err)
	}
	signals := make(chan *dbus.Signal, 1000)
	conn.Signal(signals)

	rows := []TrayRow{{"int_1", "Stripe", integration.StatusRetrying}}
	tray.Update(rows)
	if got := readMenu(t, conn, app)[1].label; got != "Stripe: retrying" {
		t.Fatalf("second line %q", got)
	}
	drain(signals)
	for range 100 {
		tray.Update(rows)
	}
	readMenu(t, conn, app)
	if n := drain(signals); n > 1 { // the library itself sends one, a moment after the menu was read first
		t.Errorf("%d signals for rows that changed nothing", n)
	}
	tray.Update([]TrayRow{{"int_1", "Stripe", integration.StatusConnected}})
	if lines := readMenu(t, conn, app); lines[0].label != "All integrations are connected" || len(lines) != 4 {
		t.Errorf("after the recovery: %v", lines)
	}
}

func drain(signals <-chan *dbus.Signal) int {
	for n := 0; ; n++ {
		select {
		case <-signals:
		default:
			return n
		}
	}
}

func TestTheIconComesBackWhenThePanelRestarts(t *testing.T) {
	if !onDesktop(t) {
		return
	}
	first := watch(t)
	trayOf(t)
	app := within(t, "the first registration", first.from)
	listening(t, bus(t), string(app))
	for range 3 {
		if err := first.conn.Close(); err != nil {
			t.Fatal(err)
		}
		first = watch(t)
		within(t, "the registration with the next panel", first.from)
	}
}

// listening waits until the tray has asked the bus for word of the panel, which it does after its first
// registration: a panel that restarts in between goes unseen.
func listening(t *testing.T, conn *dbus.Conn, app string) {
	t.Helper()
	for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(10 * time.Millisecond) {
		var rules map[string][]string
		if err := conn.BusObject().Call("org.freedesktop.DBus.Debug.Stats.GetAllMatchRules", 0).Store(&rules); err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(rules[app], func(rule string) bool { return strings.Contains(rule, "arg0='org.kde.StatusNotifierWatcher'") }) {
			return
		}
	}
	t.Fatal("the tray does not watch for the panel")
}

func TestAHostIsSeenComingAndGoing(t *testing.T) {
	if !onDesktop(t) {
		return
	}
	if HostRegistered(t.Context()) {
		t.Fatal("a host is seen where there is none")
	}
	seen := make(chan bool, 4)
	ended := make(chan error, 1)
	go func() { ended <- WatchHost(t.Context(), func(yes bool) { seen <- yes }) }()
	if within(t, "the present answer", seen) {
		t.Fatal("a host is seen where there is none")
	}
	w := watch(t)
	if !within(t, "the host to come", seen) || !HostRegistered(t.Context()) {
		t.Error("the host that came is not seen")
	}
	if err := w.conn.Close(); err != nil {
		t.Fatal(err)
	}
	if within(t, "the host to go", seen) || HostRegistered(t.Context()) {
		t.Error("the host that went is still seen")
	}
}

func TestARealPanelIsAHostAndShowsTheTrayAgainAfterARestart(t *testing.T) {
	if !onDesktop(t, "Xvfb", "xfce4-panel") {
		return
	}
	screen(t)
	panelWithTray(t)
	conn := bus(t)
	panel := program(t, "xfce4-panel", "--disable-wm-check")
	until(t, conn, watcherName)
	seen := make(chan bool, 4)
	go func() { _ = WatchHost(t.Context(), func(yes bool) { seen <- yes }) }()
	for !within(t, "the panel to show icons", seen) {
	}
	trayOf(t)
	if items := registered(t, conn); len(items) != 1 || !strings.HasSuffix(items[0], "/StatusNotifierItem") {
		t.Fatalf("the panel lists %v", items)
	}
	end(panel)
	if within(t, "the panel to go", seen) {
		t.Fatal("the panel that went still counts as a host")
	}
	program(t, "xfce4-panel", "--disable-wm-check")
	for !within(t, "the panel to come back", seen) {
	}
	registered(t, conn)
	if again, err := reregister(t.Context(), conn); err != nil || again {
		t.Errorf("what a real panel lists is not recognized: %v, %v", again, err)
	}
}

// registered waits until the panel has an icon, and returns what it lists.
func registered(t *testing.T, conn *dbus.Conn) []string {
	t.Helper()
	if err := conn.AddMatchSignal(dbus.WithMatchInterface(watcherName), dbus.WithMatchMember("StatusNotifierItemRegistered")); err != nil {
		t.Fatal(err)
	}
	signals := make(chan *dbus.Signal, 64)
	conn.Signal(signals)
	defer conn.RemoveSignal(signals)
	for {
		value, err := conn.Object(watcherName, watcherPath).GetProperty(watcherName + ".RegisteredStatusNotifierItems")
		if err != nil {
			t.Fatal(err)
		}
		if items, ok := value.Value().([]string); ok && len(items) > 0 {
			return items
		}
		within(t, "an icon in the panel", signals)
	}
}

// panelWithTray writes a panel configuration that has nothing but the tray.
func panelWithTray(t *testing.T) {
	t.Helper()
	dir := filepath.Join(os.Getenv("XDG_CONFIG_HOME"), "xfce4", "xfconf", "xfce-perchannel-xml")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	const panel = `<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array"><value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="length" type="uint" value="100"/>
      <property name="plugin-ids" type="array"><value type="int" value="1"/></property>
    </property>
  </property>
  <property name="plugins" type="empty"><property name="plugin-1" type="string" value="systray"/></property>
</channel>`
	if err := os.WriteFile(filepath.Join(dir, "xfce4-panel.xml"), []byte(panel), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestWithoutASessionBusThereIsNoTrayAndNoBusIsStarted(t *testing.T) {
	bin := t.TempDir()
	started := filepath.Join(bin, "started")
	script := "#!/bin/sh\ntouch " + started + "\n"
	if err := os.WriteFile(filepath.Join(bin, "dbus-launch"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"", "autolaunch:", "unix:path=" + bin + "/nobody"} {
		env := []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "DBUS_SESSION_BUS_ADDRESS=" + address}
		if desktop.Own(t, desktop.Options{Bus: desktop.None, Env: env}) {
			insideWithoutBus(t)
			return
		}
	}
	if _, err := os.Stat(started); err == nil {
		t.Error("a session bus was started")
	}
}

func insideWithoutBus(t *testing.T) {
	tray := NewTray(TrayOptions{})
	err := tray.Start(t.Context())
	t.Logf("address %q: %v", os.Getenv("DBUS_SESSION_BUS_ADDRESS"), err)
	tray.Update([]TrayRow{{"int_1", "Stripe", integration.StatusRetrying}})
	tray.Stop()
	tray.Stop()
	if err == nil || HasSessionBus(t.Context()) || HostRegistered(t.Context()) {
		t.Errorf("a tray without a bus: %v", err)
	}
	if err := WatchNotifier(t.Context(), nil, nil); err == nil {
		t.Error("the notification service is watched without a bus")
	}
}
