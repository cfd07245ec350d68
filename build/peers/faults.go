package peers

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"testing"
	"time"
)

// Faults is a Toxiproxy, Shopify's proxy that does to connections what networks do.
type Faults struct {
	address string
	client  *http.Client
}

// Toxic is one fault, by the names that Toxiproxy's README gives its types and attributes. It happens
// to what the server sends.
type Toxic struct {
	Type       string
	Attributes map[string]int
	Waits      bool // it does nothing until Strike
}

// Faulty is a way to a server that has faults.
type Faulty struct {
	// Host and Port are where it listens.
	Host, Port string

	by   *Faults
	name string
}

// Toxiproxy starts a Toxiproxy without ways, which ends with the test.
func Toxiproxy(t testing.TB) *Faults {
	t.Helper()
	program, err := tool("github.com/Shopify/toxiproxy/v2/cmd/server")
	if err != nil {
		t.Fatal(err)
	}
	address := served(t, func(address string) *exec.Cmd {
		host, port, _ := net.SplitHostPort(address)
		return exec.Command(program, "-host", host, "-port", port)
	})
	return &Faults{address: address, client: &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}}
}

// To makes a way to the server at host:port, with the toxics on it; the test's end takes it away.
func (f *Faults) To(t testing.TB, server string, toxics ...Toxic) *Faulty {
	t.Helper()
	w := &Faulty{by: f, name: rand.Text()}
	var made struct {
		Listen string `json:"listen"`
	}
	f.ask(t, http.MethodPost, "/proxies", map[string]any{"name": w.name, "listen": "127.0.0.1:0", "upstream": server, "enabled": true}, &made)
	t.Cleanup(func() { f.ask(t, http.MethodDelete, "/proxies/"+w.name, nil, nil) })
	w.Host, w.Port, _ = net.SplitHostPort(made.Listen)
	for _, toxic := range toxics {
		w.Add(t, toxic)
	}
	return w
}

// Add puts one more toxic on the way, for connections that stand too.
func (w *Faulty) Add(t testing.TB, toxic Toxic) {
	t.Helper()
	toxicity := 1
	if toxic.Waits {
		toxicity = 0
	}
	w.by.ask(t, http.MethodPost, "/proxies/"+w.name+"/toxics", map[string]any{
		"name": toxic.Type, "type": toxic.Type, "stream": "downstream", "toxicity": toxicity, "attributes": toxic.Attributes,
	}, nil)
}

// Strike makes a toxic that waits happen to every connection.
func (w *Faulty) Strike(t testing.TB, toxic Toxic) {
	t.Helper()
	w.by.ask(t, http.MethodPost, "/proxies/"+w.name+"/toxics/"+toxic.Type, map[string]any{"toxicity": 1, "attributes": toxic.Attributes}, nil)
}

// Disable ends every connection and takes no more.
func (w *Faulty) Disable(t testing.TB) {
	t.Helper()
	w.by.ask(t, http.MethodPost, "/proxies/"+w.name, map[string]any{"enabled": false}, nil)
}

// ask calls Toxiproxy's interface.
func (f *Faults) ask(t testing.TB, method, path string, question, into any) {
	t.Helper()
	content, err := json.Marshal(question)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequest(method, f.address+path, bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := f.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode >= http.StatusBadRequest {
		t.Fatalf("Toxiproxy answers %s to %s", answer.Status, fmt.Sprintf("%s %s %s", method, path, content))
	}
	if into == nil {
		return
	}
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}
