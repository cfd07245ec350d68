package oauth_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"relink/backend/oauth"
)

// withoutIPv4 says that the test runs in a network namespace that has no 127.0.0.1.
const withoutIPv4 = "RELINK_TEST_WITHOUT_IPV4"

func TestL2RedirectIsReceivedOverIPv6WhereThereIsNoIPv4(t *testing.T) {
	if os.Getenv(withoutIPv4) == "" {
		inNamespace(t, "ip link set lo up && ip addr del 127.0.0.1/8 dev lo")
		return
	}
	f := startFlow(t, oauth.ReceiverOptions{}, "https://as.example")
	if !strings.HasPrefix(f.receiver.RedirectURI(), "http://[::1]:") {
		t.Errorf("the redirect goes to %s", f.receiver.RedirectURI())
	}
	f.open()
	named := startFlow(t, oauth.ReceiverOptions{Host: "localhost"}, "https://as.example")
	if !strings.HasPrefix(named.receiver.RedirectURI(), "http://localhost:") {
		t.Errorf("the redirect goes to %s", named.receiver.RedirectURI())
	}
	if _, err := oauth.Listen(oauth.ReceiverOptions{Host: "127.0.0.1"}); err == nil {
		t.Error("an address that is not there was listened on")
	}
	taken, err := net.Listen("tcp6", "[::1]:0")
	must(t, err)
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	var busy oauth.PortsBusy
	if _, err := oauth.Listen(oauth.ReceiverOptions{Ports: []int{port}}); !errors.As(err, &busy) || len(busy.Ports) != 1 {
		t.Errorf("a port that is taken: %v", err)
	}
}

func TestL2ComputerWithoutALoopbackAddressIsAnErrorAndNoWait(t *testing.T) {
	if os.Getenv(withoutIPv4) == "" {
		inNamespace(t, "ip link set lo up && ip addr flush dev lo && ip -6 addr flush dev lo")
		return
	}
	_, err := oauth.Listen(oauth.ReceiverOptions{})
	if err == nil || !strings.Contains(err.Error(), "listen on this computer for the redirect") {
		t.Errorf("got %v", err)
	}
}

func TestL2HolderOfABusyPortIsNamed(t *testing.T) {
	for _, host := range []string{"127.0.0.1:0", "[::]:0"} {
		taken, err := net.Listen("tcp", host)
		must(t, err)
		_, err = oauth.Listen(oauth.ReceiverOptions{Ports: []int{taken.Addr().(*net.TCPAddr).Port}})
		_ = taken.Close()
		var busy oauth.PortsBusy
		want := fmt.Sprintf(", process %d", os.Getpid())
		if !errors.As(err, &busy) || !strings.HasSuffix(busy.Holder, want) || len(busy.Holder) == len(want) || !strings.Contains(err.Error(), busy.Holder) {
			t.Errorf("%s: got %v", host, err)
		}
	}
}

// inNamespace runs the test again where the network is what setup makes of an empty one.
func inNamespace(t *testing.T, setup string) {
	t.Helper()
	if err := exec.Command("unshare", "-rn", "true").Run(); err != nil {
		t.Skipf("a network namespace is not to be had here: %v", err)
	}
	cmd := exec.Command("unshare", "-rn", "sh", "-c", setup+` && exec "$0" -test.run "^$1\$" -test.count 1`, os.Args[0], t.Name())
	cmd.Env = append(os.Environ(), withoutIPv4+"=1")
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "PASS") {
		t.Fatalf("%v\n%s", err, out)
	}
}
