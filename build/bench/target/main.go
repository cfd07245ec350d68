// Command target is the service that the bench checks: a scripted answer after a fixed latency.
//
// # Why
// It is a program of its own, so that its CPU time is not counted, and it counts what it was asked,
// so that nobody can be fast by asking less or by asking more at once.
package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"relink/build/bench/script"
)

type target struct {
	mode     atomic.Value // string
	requests atomic.Int64
	inFlight atomic.Int64
	most     atomic.Int64
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	t := &target{}
	t.mode.Store("ok")
	mux := http.NewServeMux()
	mux.HandleFunc("GET /check/{n}", t.check)
	mux.HandleFunc("POST /reset/{mode}", t.reset)
	mux.HandleFunc("GET /count", t.count)
	fmt.Println("http://" + listener.Addr().String())
	_ = http.Serve(listener, mux)
}

func (t *target) check(w http.ResponseWriter, r *http.Request) {
	t.requests.Add(1)
	now := t.inFlight.Add(1)
	defer t.inFlight.Add(-1)
	for most := t.most.Load(); now > most && !t.most.CompareAndSwap(most, now); most = t.most.Load() {
	}
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || r.Header.Get("Authorization") == "" {
		http.Error(w, "no such integration, or no credential", http.StatusBadRequest)
		return
	}
	time.Sleep(script.Latency)
	w.Header().Set("Content-Type", "application/json")
	switch script.For(t.mode.Load().(string), n) {
	case script.OK:
		_, _ = w.Write([]byte(script.Body(n)))
	case script.Expired:
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"error":{"code":"key_expired"}}`))
	case script.Revoked:
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"error":{"code":"key_revoked"}}`))
	case script.Unavailable:
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte(`{"error":{"code":"down"}}`))
	case script.Silent:
		<-r.Context().Done()
	case script.Page:
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!doctype html><title>Sign in to this network</title>"))
	}
}

func (t *target) reset(_ http.ResponseWriter, r *http.Request) {
	t.mode.Store(r.PathValue("mode"))
	t.requests.Store(0)
	t.most.Store(0)
}

func (t *target) count(w http.ResponseWriter, _ *http.Request) {
	_ = json.NewEncoder(w).Encode(map[string]int64{"requests": t.requests.Load(), "most": t.most.Load()})
}
