package alert

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"
)

func TestTheNotificationServiceIsSeenComingAndGoing(t *testing.T) {
	if !onDesktop(t, "Xvfb", "dunst") {
		return
	}
	screen(t)
	if PlainBody(t.Context()) {
		t.Error("an absent service is taken to show bodies as they are")
	}
	seen := make(chan string, 4)
	go func() { _ = WatchNotifier(t.Context(), func() { seen <- "lost" }, func() { seen <- "back" }) }()
	dunst := program(t, "dunst")
	for _, want := range []string{"back", "lost", "back"} {
		if got := within(t, want, seen); got != want {
			t.Fatalf("%s, want %s", got, want)
		}
		if want == "lost" {
			dunst = program(t, "dunst")
		} else {
			if PlainBody(t.Context()) {
				t.Error("dunst reads markup in a body, and this is not seen")
			}
			end(dunst)
		}
	}
}

func TestW2ARealNotificationServiceShowsProviderTextAsText(t *testing.T) {
	if !onDesktop(t, "Xvfb", "dunst", "dunstctl") {
		return
	}
	screen(t)
	program(t, "dunst")
	conn := bus(t)
	until(t, conn, notifierName)
	const hostile = `<b>Shop</b> & <a href="https://evil.example">'x'</a>`
	var id uint32
	err := conn.Object(notifierName, "/org/freedesktop/Notifications").Call(notifierName+".Notify", 0, "relink", uint32(0), "",
		"title", markup(hostile), []string{}, map[string]dbus.Variant{}, int32(60_000)).Store(&id)
	if err != nil {
		t.Fatal(err)
	}
	if err := exec.Command("dunstctl", "close").Run(); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("dunstctl", "history").Output()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(out), "&lt;b&gt;Shop&lt;/b&gt; &amp; &lt;a href=") || strings.Contains(string(out), "<b>Shop") {
		t.Errorf("dunst holds %s", out)
	}
}
