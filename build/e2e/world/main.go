// Command world runs the sandbox for the end-to-end tests: the sample services, and one whose every
// text is an attack, with their switches behind a small HTTP interface.
//
// # Why
// The tests drive the product in a browser and cannot call Go. What they switch is the world, never
// the product: a revoked grant here is one that the provider really refuses.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"relink/backend/sandbox"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "world:", err)
		os.Exit(1)
	}
}

// run writes the providers of the world below folder, prints the control address in one line, and
// serves until ctx ends.
func run(ctx context.Context, folder string) error {
	world, err := sandbox.Start(ctx, sandbox.Options{Seeds: append(sandbox.Seeds(), hostile())})
	if err != nil {
		return err
	}
	defer world.Close()
	for _, s := range world.Services() {
		if err := describe(folder, s.ProviderID(), string(s.ProviderYAML())); err != nil {
			return err
		}
	}
	for _, v := range variants {
		text := v.of(string(world.Service("sample-analytics").ProviderYAML()))
		if err := describe(folder, v.id, text); err != nil {
			return err
		}
	}
	if err := describe(folder, "login-analytics", string(world.Service("sample-analytics").LoginYAML("login-analytics", "Login Analytics"))); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: control(world), ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	fmt.Printf("http://%s\n", listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func describe(folder, id, text string) error {
	dir := filepath.Join(folder, id)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "provider.yaml"), []byte(text), 0o600)
}

// variant is the same service, described as vendors with other rules would be.
type variant struct {
	id, name string
	from, to string // a part of the description, and what it becomes
}

var variants = []variant{
	{"filed-analytics", "Filed Analytics", "  - kind: oauth2_code\n", "  - kind: oauth2_code\n    import: google_client\n"},
	{"ported-analytics", "Ported Analytics", "redirect: {kind: loopback}", "redirect: {kind: ports, ports: [47911, 47912, 47913], path: /callback}"},
}

func (v variant) of(text string) string {
	for from, to := range map[string]string{"id: sample-analytics": "id: " + v.id, "name: Sample Analytics": "name: " + v.name, v.from: v.to} {
		if !strings.Contains(text, from) {
			panic("the sandbox describes itself differently: " + from)
		}
		text = strings.Replace(text, from, to, 1)
	}
	return text
}

// hostile is a service whose names would run as code wherever they were read as HTML.
func hostile() sandbox.Seed {
	seed := sandbox.Seeds()[2]
	seed.ID = "hostile-shop"
	seed.Name = "<img src=x onerror=alert(1)> Shop {{7*7}}"
	seed.Summary = [2]string{`<script>alert("summary")</script>`, `<svg onload=alert("resumo")>`}
	seed.Accounts = []sandbox.Account{{
		ID: "acc_<b>", Name: "<img src=x onerror=alert(2)> \u202Etxt.exe",
		Shops: []sandbox.Shop{{ID: "<iframe src=//x>", Name: `"><script>alert(3)</script>`}, {ID: "<iframe src=//x>", Name: "javascript:alert(4)"}},
	}}
	return seed
}

func control(world *sandbox.World) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{service}/{switch}", func(w http.ResponseWriter, r *http.Request) {
		s := world.Service(r.PathValue("service"))
		if s == nil {
			http.NotFound(w, r)
			return
		}
		answer, err := turn(s, r.PathValue("switch"), r.URL.Query().Get("value"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		_ = json.NewEncoder(w).Encode(answer) // the test may be gone
	})
	return mux
}

// turn does what the switch says and returns what the test needs of it.
func turn(s *sandbox.Service, name, value string) (any, error) {
	switch name {
	case "client":
		id, key := s.Client()
		return map[string]string{"id": id, "secret": key}, nil
	case "password":
		return s.Password(), nil
	case "second-factor":
		return s.SecondFactor(value != "off"), nil
	case "key":
		return s.NewAPIKey(value)
	case "expire-access":
		s.ExpireAccess()
	case "token-requests":
		return s.TokenRequests(), nil
	case "secrets":
		return s.Secrets(), nil
	case "revoke":
		s.Revoke()
	case "expire":
		s.Expire()
	case "drop":
		s.DropScope(value)
	case "restore":
		s.RestoreScope(value)
	case "status":
		code, err := strconv.Atoi(value)
		if err != nil {
			return nil, err
		}
		s.Status(code)
	case "heal":
		return "", s.Heal()
	default:
		return nil, fmt.Errorf("no switch %q", name)
	}
	return "", nil
}
