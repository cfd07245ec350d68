package peers

import (
	"bytes"
	"fmt"
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
	program, err := tool("stripe-mock")
	if err != nil {
		t.Fatal(err)
	}
	return served(t, func(address string) *exec.Cmd {
		return exec.Command(program, "-http-addr", address, "-https-addr", "127.0.0.1:0")
	})
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
	return served(t, func(address string) *exec.Cmd {
		host, port, _ := net.SplitHostPort(address)
		return exec.Command("node", append([]string{program, command, "--errors", "--host", host, "--port", port}, arguments...)...)
	})
}

// tool is the path of a program of build/tools/go.mod, which is built the first time that it is asked for.
func tool(name string) (string, error) {
	find := exec.Command("go", "tool", "-modfile=build/tools/go.mod", "-n", name)
	find.Dir = filepath.Join(home(), "..", "..")
	var said bytes.Buffer
	find.Stderr = &said
	path, err := find.Output()
	if err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", name, err, said.String())
	}
	return string(bytes.TrimSpace(path)), nil
}

func home() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(file)
}

// served runs a program that listens on the address until the test ends, and returns where it answers.
func served(t testing.TB, program func(address string) *exec.Cmd) string {
	t.Helper()
	port, err := FreePort()
	if err != nil {
		t.Fatal(err)
	}
	address := net.JoinHostPort("127.0.0.1", port)
	end, err := serve(program(address), "http://"+address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(end)
	return "http://" + address
}

// serve runs the command until the returned function is called, and returns once the address answers.
func serve(cmd *exec.Cmd, address string) (end func(), err error) {
	var said heard
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	end = func() {
		_ = cmd.Process.Kill()
		<-ended
	}
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(mockPatience); ; {
		if resp, err := client.Get(address); err == nil {
			_ = resp.Body.Close()
			return end, nil
		}
		select {
		case <-tick.C:
		case <-ended:
			return nil, fmt.Errorf("%s ended: %s", cmd.Path, said.String())
		case <-deadline:
			end()
			return nil, fmt.Errorf("%s does not answer: %s", cmd.Path, said.String())
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
