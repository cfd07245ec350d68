package cli_test

import (
	"context"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"relink/backend/cli"
	"relink/backend/commerce"
	"relink/backend/integration"
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

// TestTheSampleWorldShowsBothSides opens what a person without an account sees, and goes a step of the way there.
func TestTheSampleWorldShowsBothSides(t *testing.T) {
	p, err := cli.OpenSample(t.Context(), cli.Options{Log: slog.New(slog.DiscardHandler), Now: cli.WallClock, Lang: "en"})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	o, err := p.Overview(t.Context())
	if err != nil || len(o.Cycles) != 1 || o.Cycles[0].Result != string(integration.CycleCompleted) || o.Cycles[0].Late {
		t.Fatalf("cycles %+v, %v", o.Cycles, err)
	}
	shop, err := p.ByName(t.Context(), "Sample Shop")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Tell(t.Context(), shop.ID, cli.Told{Done: commerce.StepPage, DataPoint: "4 days ago"}); err != nil {
		t.Fatal(err)
	}
	side, err := p.TheirSide(t.Context(), shop.ID)
	if err != nil || !side.On || !side.Behind || side.Steps[0].DoneAt == "" || len(side.Resources) == 0 {
		t.Errorf("side %+v, %v", side, err)
	}
}
