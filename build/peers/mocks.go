package peers

import (
	"bytes"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
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
	serve(t, exec.Command(tool(t, "stripe-mock"), "-http-addr", address), "http://"+address)
	return "http://" + address
}

// Prism starts Stoplight's Prism over a document in the folder vendors, for the vendors whose own documents
// nobody packs (the others: Contract), and returns its address.
// It refuses what the document does not allow, and answers with the document's examples; the header
// "Prefer: code=403" asks for those of another status.
func Prism(t testing.TB, vendor string) string {
	t.Helper()
	return prism(t, "mock", filepath.Join(home(), "vendors", vendor+".yaml"))
}

func prism(t testing.TB, command string, arguments ...string) string {
	t.Helper()
	program := filepath.Join(home(), "node_modules", "@stoplight", "prism-cli", "dist", "index.js")
	if _, err := os.Stat(program); err != nil {
		t.Fatal("Prism is not installed: run build/setup.sh test")
	}
	address := freeAddress(t)
	host, port, _ := net.SplitHostPort(address)
	arguments = append([]string{program, command, "--errors", "--host", host, "--port", port}, arguments...)
	serve(t, exec.Command("node", arguments...), "http://"+address)
	return "http://" + address
}

// tool is the path of a program of build/tools/go.mod, which is built the first time that it is asked for.
func tool(t testing.TB, name string) string {
	t.Helper()
	find := exec.Command("go", "tool", "-modfile=build/tools/go.mod", "-n", name)
	find.Dir = filepath.Join(home(), "..", "..")
	var said bytes.Buffer
	find.Stderr = &said
	path, err := find.Output()
	if err != nil {
		t.Fatalf("build %s: %v\n%s", name, err, said.String())
	}
	return string(bytes.TrimSpace(path))
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
