package peers

import (
	"bytes"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// mockPatience is how long a mock may take to answer at first, on a computer that is busy with other tests.
const mockPatience = 90 * time.Second

// Stripe starts stripe-mock, Stripe's own stand-in, made from the OpenAPI document that Stripe publishes,
// and returns its address. It takes keys of the test mode and refuses those of the live mode.
func Stripe(t testing.TB) string {
	t.Helper()
	address := freeAddress(t)
	serve(t, exec.Command(tool(t, "github.com/stripe/stripe-mock"), "-http-addr", address), "http://"+address)
	return "http://" + address
}

// Prism starts Stoplight's Prism over a vendor's document in the folder vendors, and returns its address.
// It refuses what the document does not allow, and answers with the document's examples; the header
// "Prefer: code=403" asks for those of another status.
func Prism(t testing.TB, vendor string) string {
	t.Helper()
	program := filepath.Join(home(), "node_modules", "@stoplight", "prism-cli", "dist", "index.js")
	if _, err := os.Stat(program); err != nil {
		t.Fatal("Prism is not installed: run build/setup.sh test")
	}
	address := freeAddress(t)
	host, port, _ := net.SplitHostPort(address)
	cmd := exec.Command("node", program, "mock", "--errors", "--host", host, "--port", port, filepath.Join(home(), "vendors", vendor+".yaml"))
	serve(t, cmd, "http://"+address)
	return "http://" + address
}

// tool builds a program of build/tools, whose source comes as its module, and returns where it lies. What was built once is kept.
func tool(t testing.TB, name string) string {
	t.Helper()
	build := exec.Command("go", "tool", "-modfile=build/tools/go.mod", "-n", name)
	build.Dir = filepath.Join(home(), "..", "..")
	var said bytes.Buffer
	build.Stderr = &said
	at, err := build.Output()
	if err != nil {
		t.Fatalf("build %s: %v\n%s", name, err, said.String())
	}
	return strings.TrimSpace(string(at))
}

func home() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(file)
}

// freeAddress is one of this computer on which nobody listens.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// serve runs the command until the test ends, and returns once the address answers.
func serve(t testing.TB, cmd *exec.Cmd, address string) {
	t.Helper()
	var said heard
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(mockPatience); ; {
		if resp, err := client.Get(address); err == nil {
			_ = resp.Body.Close()
			return
		}
		select {
		case <-tick.C:
		case <-ended:
			t.Fatalf("%s ended: %s", cmd.Path, said.String())
		case <-deadline:
			t.Fatalf("%s does not answer: %s", cmd.Path, said.String())
		}
	}
}

// heard is what a program said, written by it while a test may read it.
type heard struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write keeps what was said.
func (h *heard) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(b)
}

// String is all that was said.
func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}
