package sandbox

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Pause is the time between two calls for one client that the Update Cycle Status API wants.
const Pause = time.Minute

// Warehouse is an account of Commerce Intelligence as its Update Cycle Status API shows it
// (AdobeDocs/commerce-services, update-cycle.md): one last completed update, a key that is bound to one
// client and to a list of addresses, 403 for whatever is wrong with either, 429 within a minute.
type Warehouse struct {
	URL    string // of the API's base path, without a slash at its end
	Client int
	Key    string

	now      func() time.Time
	server   *http.Server
	mu       sync.Mutex
	off      bool // the key is disabled
	allowed  []netip.Prefix
	job      *job
	zone     *time.Location
	abbr     string
	status   int // of every answer; 0: as documented
	askedAt  time.Time
	requests int
}

type job struct {
	ID     int64     `json:"id"`
	Type   jobWord   `json:"type"`
	Start  string    `json:"start"`
	End    string    `json:"end"`
	Status jobWord   `json:"status"`
	start  time.Time // on no clock of its own
	end    time.Time
}

type jobWord struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
}

// StartWarehouse opens an account on a free port of 127.0.0.1, without an update yet, until ctx ends or Close.
func StartWarehouse(ctx context.Context, now func() time.Time) (*Warehouse, error) {
	w := &Warehouse{Client: 194, Key: "rjm_" + strings.ToLower(rand.Text()), now: now, zone: time.FixedZone("EST", -5*60*60), abbr: "EST"}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start the sample warehouse: %w", err)
	}
	w.URL = "http://" + listener.Addr().String() + "/0.1"
	w.server = &http.Server{Handler: w, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = w.server.Serve(listener) }()
	context.AfterFunc(ctx, func() { _ = w.Close() })
	return w, nil
}

// OpenWarehouse opens an account that ends with the world.
func (w *World) OpenWarehouse(now func() time.Time) (*Warehouse, error) {
	return StartWarehouse(w.ctx, now)
}

// Close ends the account's server.
func (w *Warehouse) Close() error { return w.server.Close() }

// Finish makes an update that ended at the given moment, in these words, the last completed one.
// "Completed Successfully" is the only state that is documented.
func (w *Warehouse) Finish(state string, end time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	next := &job{ID: 13554, Type: jobWord{2, "Full Update"}, Status: jobWord{5, state}, start: end.Add(-158 * time.Second), end: end}
	if w.job != nil {
		next.ID = w.job.ID + 1
	}
	if state == "Completed Successfully" {
		next.Status.ID = 4
	}
	w.job = next
}

// In puts the account into another time zone, of which the API tells the abbreviation alone.
func (w *Warehouse) In(abbreviation string, zone *time.Location) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.abbr, w.zone = abbreviation, zone
}

// DisableKey switches the key off.
func (w *Warehouse) DisableKey() { w.set(func() { w.off = true }) }

// AllowOnly sets the list of addresses that may use the key.
func (w *Warehouse) AllowOnly(prefixes ...netip.Prefix) { w.set(func() { w.allowed = prefixes }) }

// Status makes every answer this one; 0 ends that.
func (w *Warehouse) Status(code int) { w.set(func() { w.status = code }) }

// Requests is how many requests arrived.
func (w *Warehouse) Requests() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.requests
}

func (w *Warehouse) set(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
}

// ServeHTTP answers as the documentation says.
func (w *Warehouse) ServeHTTP(answer http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.requests++
	answer.Header().Set("Content-Type", "application/json")
	if w.status != 0 {
		answer.WriteHeader(w.status)
		return
	}
	if !w.lets(r) {
		answer.WriteHeader(http.StatusForbidden)
		_, _ = answer.Write([]byte("{}"))
		return
	}
	now := w.now()
	if !w.askedAt.IsZero() && now.Sub(w.askedAt) < Pause {
		answer.WriteHeader(http.StatusTooManyRequests)
		return
	}
	w.askedAt = now
	body := map[string]any{"clientId": w.Client, "lastCompletedUpdateJob": nil, "lastCompletedUpdateJobWithDataSync": nil, "timezoneAbbreviation": w.abbr}
	if w.job != nil {
		told := *w.job
		told.Start, told.End = told.start.In(w.zone).Format(time.DateTime), told.end.In(w.zone).Format(time.DateTime)
		body["lastCompletedUpdateJob"] = told
	}
	_ = json.NewEncoder(answer).Encode(body)
}

// lets says whether path, key and address are right: the service has one refusal for them all.
func (w *Warehouse) lets(r *http.Request) bool {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	listed := len(w.allowed) == 0 || err == nil && slices.ContainsFunc(w.allowed, func(p netip.Prefix) bool { return p.Contains(from.Addr().Unmap()) })
	return r.Method == http.MethodGet && r.URL.Path == "/0.1/client/"+strconv.Itoa(w.Client)+"/fullupdatestatus" &&
		r.Header.Get("X-RJM-API-Key") == w.Key && !w.off && listed
}
