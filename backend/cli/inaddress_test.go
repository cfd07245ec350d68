package cli_test

import (
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"relink/build/canary"
)

// TestS1KeyThatTravelsInTheAddressStaysThere adds the Data Import API, whose key stands in each request's
// address, and lets the vendor send that address back in every way: no command, no file and no support
// bundle shows the key. The vendor is asked by GET alone, so no row can have been written.
func TestS1KeyThatTravelsInTheAddressStaysThere(t *testing.T) {
	const key = "CNRY-import-key-0123456789abcdef"
	d := newDesk(t)
	var status atomic.Int64
	var got atomic.Pointer[string]
	d.world.Play("connect.rjmetrics.com", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.RawQuery
		got.Store(&query)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Location", "https://connect.rjmetrics.com/elsewhere?"+query)
		w.WriteHeader(int(status.Load()))
		_, _ = w.Write([]byte(`{"message": "asked for ` + r.URL.String() + `"}`))
	}))
	status.Store(http.StatusUnauthorized)
	add := []string{"add", "commerce-intelligence-import", "--name", "Import", "--set", "client_id=194", "--secret-stdin"}
	said := d.run(11, key+"\n", add...)
	status.Store(http.StatusOK)
	said += d.run(0, key+"\n", add...)
	if query := got.Load(); query == nil || *query != "apikey="+key {
		t.Errorf("the vendor got %v", query)
	}
	for _, tc := range []struct {
		status int64
		cause  string
	}{{302, "third_party"}, {404, "unknown"}, {400, "unknown"}, {500, "third_party"}, {503, "third_party"}, {429, "third_party"}, {401, "unknown"}} {
		status.Store(tc.status)
		checked := d.run(-1, "", "--verbose", "check", "Import", "--json")
		d.wants(checked, `"cause": "`+tc.cause+`"`)
		said += checked + d.run(0, "", "--verbose", "show", "Import") + d.run(-1, "", "list", "--json")
	}
	d.world.Play("connect.rjmetrics.com", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	said += d.run(-1, "", "--verbose", "check", "Import", "--json") + d.run(-1, "", "activity", "--json") + d.run(-1, "", "incidents", "--json")
	bundle := filepath.Join(t.TempDir(), "bundle.zip")
	said += d.run(0, "", "bundle", "Import", "--out", bundle)
	for _, asked := range d.world.Asked() {
		if strings.Contains(asked, "rjmetrics") && asked != "GET connect.rjmetrics.com/v2/client/194/authenticate" {
			t.Errorf("the vendor was asked for %s", asked)
		}
	}
	if found := canary.Find([]byte(said), key); found != "" {
		t.Errorf("a command printed the key (%s):\n%s", found, said)
	}
	d.wantNowhere(key, filepath.Dir(bundle))
}

// wantNowhere looks for a secret in every file of the data folder and of more, the insides of zips too.
func (d *desk) wantNowhere(secret string, more ...string) {
	d.t.Helper()
	files := 0
	for _, root := range append(more, d.value("RELINK_DATA_DIR")) {
		check(d.t, filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
			if err != nil || !e.Type().IsRegular() {
				return err
			}
			files++
			content, err := os.ReadFile(path)
			if found := canary.Inside(content, secret); found != "" {
				d.t.Errorf("%s holds the secret (%s)", path, found)
			}
			return err
		}))
	}
	if files < 2 {
		d.t.Errorf("only %d files were looked at", files)
	}
}

// value is a variable of the desk's environment.
func (d *desk) value(name string) string {
	for _, v := range d.env {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	return ""
}
