package probe

import (
	"net"
	"testing"
)

func TestOnlyAnAddressThatTheWholeInternetSeesIsPublic(t *testing.T) {
	for at, want := range map[string]string{
		"203.0.113.5:44321":          "203.0.113.5",
		"[2001:db8::5]:44321":        "2001:db8::5",
		"[::ffff:203.0.113.5]:44321": "203.0.113.5",
		"192.168.1.7:44321":          "",
		"10.0.0.7:44321":             "",
		"100.64.3.7:44321":           "",
		"127.0.0.1:44321":            "",
		"[fe80::1%eth0]:44321":       "",
		"[fd00::7]:44321":            "",
	} {
		addr, err := net.ResolveTCPAddr("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		if got := publicAddress(addr); got != want {
			t.Errorf("%s: %q, want %q", at, got, want)
		}
	}
	if got := publicAddress(nil); got != "" {
		t.Errorf("no connection: %q", got)
	}
}
