package cli_test

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"relink/backend/cli"
	"relink/backend/commerce"
	"relink/backend/sandbox"
)

// warehouseKey finds the script's account, in a box that is filled when it is opened.
type warehouseKey struct{}

type warehouseBox struct{ *sandbox.Warehouse }

// warehouse is an account of Commerce Intelligence for a script: warehouse open PROVIDER FILE writes its
// provider and its key; warehouse finish STATE AGO, disable, allow PREFIX, requests FILE change or count.
func warehouse(ts *testscript.TestScript, _ bool, args []string) {
	w, _ := ts.Value(warehouseKey{}).(*warehouseBox)
	switch args[0] {
	case "open":
		folder := filepath.Join(ts.Getenv("RELINK_DATA_DIR"), "providers", args[1])
		builtin, err := os.ReadFile(filepath.Join("..", "catalog", "providers", commerce.ProviderID, "provider.yaml"))
		ts.Check(err)
		opened, err := sandbox.StartWarehouse(context.Background(), cli.WallClock)
		ts.Check(err)
		ts.Defer(func() { _ = opened.Close() })
		w.Warehouse = opened
		yaml := strings.NewReplacer(
			"https://api.rjmetrics.com/0.1", opened.URL,
			"id: "+commerce.ProviderID+"\n", "id: "+args[1]+"\nfamily: "+commerce.ProviderID+"\n",
			"name: Adobe Commerce Intelligence\n", "name: Warehouse\n",
		).Replace(string(builtin))
		ts.Check(os.MkdirAll(folder, 0o700))
		ts.Check(os.WriteFile(filepath.Join(folder, "provider.yaml"), []byte(yaml), 0o600))
		ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(opened.Key+"\n"), 0o600))
	case "finish":
		ago, err := time.ParseDuration(args[2])
		ts.Check(err)
		w.Finish(args[1], time.Now().Add(-ago))
	case "allow":
		w.AllowOnly(netip.MustParsePrefix(args[1]))
	case "asked":
		want, err := strconv.Atoi(args[1])
		ts.Check(err)
		if got := w.Requests(); got != want {
			ts.Fatalf("%d requests, want %d", got, want)
		}
	}
}
