//go:build linux

// Command house runs a database behind a bastion for the end-to-end tests: PostgreSQL's own server and
// OpenSSH's, with their switches behind a small HTTP interface.
//
// # Why
// What a person sees of a tunnel rests on what a real bastion does, and the tests that drive the page
// cannot call Go.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"relink/backend/tunnel/bastiontest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "house:", err)
		os.Exit(1)
	}
}

// house takes a test's place: what it starts ends with the program.
type house struct {
	testing.TB // the rest of it is not called
	ends       []func()
}

// brokenError is why the house does not stand.
type brokenError struct{ words string }

// Error is what was said.
func (e brokenError) Error() string { return e.words }

// Helper marks nothing.
func (h *house) Helper() {}

// Cleanup keeps what is to be done at the end.
func (h *house) Cleanup(end func()) { h.ends = append(h.ends, end) }

// Log says something beside.
func (h *house) Log(words ...any) { fmt.Fprintln(os.Stderr, words...) }

// Fatal leaves the present call; run, or the request, ends with the words.
func (h *house) Fatal(words ...any) { panic(brokenError{fmt.Sprint(words...)}) }

// Fatalf is Fatal with a format.
func (h *house) Fatalf(format string, words ...any) { h.Fatal(fmt.Sprintf(format, words...)) }

// Skip is Fatal: the tests that ask for a house want one.
func (h *house) Skip(words ...any) { h.Fatal(words...) }

// run starts the servers, prints the control address in one line, and serves until ctx ends.
func run(ctx context.Context) (err error) {
	h := &house{}
	defer func() {
		if broken, ok := recover().(brokenError); ok {
			err = broken
		}
		for _, end := range slices.Backward(h.ends) {
			end()
		}
	}()
	host, port := bastiontest.Database(h)
	bastion := bastiontest.Start(h, bastiontest.Config{HostKeys: []string{"ed25519", "rsa"}, Authorized: []string{"# nobody yet"}})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: &control{bastion: bastion, host: host, port: port}, ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	fmt.Printf("http://%s\n", listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// control turns the switches, one request at a time.
type control struct {
	mu         sync.Mutex
	bastion    *bastiontest.Bastion
	host, port string
}

// facts are what a test needs to know of the house.
type facts struct {
	Database     server   `json:"database"`
	Bastion      server   `json:"bastion"`
	Fingerprints []string `json:"fingerprints"` // of the bastion's host keys
	Sessions     int      `json:"sessions"`     // that signed in at the bastion since it was started
}

// server is where one listens, and who may sign in.
type server struct {
	Host     string `json:"host"`
	Port     string `json:"port"`
	User     string `json:"user"`
	Password string `json:"password"`
}

// ServeHTTP takes POST /authorize with lines of authorized_keys, /rekey for new host keys, and /facts.
func (c *control) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer func() {
		if broken, ok := recover().(brokenError); ok {
			http.Error(w, broken.words, http.StatusInternalServerError)
		}
	}()
	switch r.URL.Path {
	case "/authorize":
		lines, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<16))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		c.bastion.Authorize(string(lines))
	case "/rekey":
		c.bastion.Rekey("ed25519", "rsa")
		c.bastion.Restart()
	case "/facts":
	default:
		http.NotFound(w, r)
		return
	}
	b := c.bastion
	_ = json.NewEncoder(w).Encode(facts{ // the test may be gone
		Database: server{c.host, c.port, "postgres", bastiontest.DatabasePassword},
		Bastion:  server{b.Host, b.Port, b.User, ""}, Sessions: b.Sessions(),
		Fingerprints: []string{ssh.FingerprintSHA256(b.Key(0)), ssh.FingerprintSHA256(b.Key(1))},
	})
}
