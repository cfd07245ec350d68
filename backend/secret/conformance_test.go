package secret

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// conform is what every Vault must do, whatever keeps it.
func conform(t *testing.T, v Vault) {
	t.Helper()
	ctx := t.Context()
	want := func(t *testing.T, key, value string) {
		t.Helper()
		if got, err := v.Get(ctx, key); err != nil || got.Reveal() != value {
			t.Errorf("get %s: %d bytes, %v; want %d bytes", key, len(got.Reveal()), err, len(value))
		}
	}
	put := func(t *testing.T, key, value string) {
		t.Helper()
		if err := v.Set(ctx, key, New(value)); err != nil {
			t.Fatalf("set %s: %v", key, err)
		}
	}
	t.Run("a missing entry is missing", func(t *testing.T) {
		if _, err := v.Get(ctx, "grt_none/1"); !errors.Is(err, ErrMissing) {
			t.Errorf("got %v", err)
		}
		if err := v.Delete(ctx, "grt_none/1"); err != nil {
			t.Errorf("deleting it: %v", err)
		}
	})
	t.Run("values come back as they were", func(t *testing.T) {
		values := []string{"x", "two\nlines", "nul\x00byte", "ção — 漢字 🔑", " spaces ", strings.Repeat("s", 899), strings.Repeat("t", 900),
			strings.Repeat("u", 901), strings.Repeat("v", 1000), strings.Repeat("w", 1001), strings.Repeat("é", 1500)}
		for n, value := range values {
			put(t, "grt_values/1", value)
			want(t, "grt_values/1", value)
			if n%3 == 0 {
				put(t, fmt.Sprintf("grt_values/%d", n+2), value)
			}
		}
		want(t, "grt_values/2", "x")
	})
	t.Run("16 KiB come back whole", func(t *testing.T) {
		long := strings.Repeat("0123456789abcdef", 1024)
		put(t, "grt_long/1", long)
		want(t, "grt_long/1", long)
		put(t, "grt_long/1", "short now")
		want(t, "grt_long/1", "short now")
		put(t, "grt_long/1", long[:5000])
		want(t, "grt_long/1", long[:5000])
	})
	t.Run("versions do not disturb each other", func(t *testing.T) {
		put(t, "grt_versions/1", strings.Repeat("old", 700))
		put(t, "grt_versions/11", strings.Repeat("other", 500))
		put(t, "grt_versions/2", strings.Repeat("new", 700))
		if err := v.Delete(ctx, "grt_versions/1"); err != nil {
			t.Fatal(err)
		}
		if _, err := v.Get(ctx, "grt_versions/1"); !errors.Is(err, ErrMissing) {
			t.Errorf("deleted, got %v", err)
		}
		want(t, "grt_versions/11", strings.Repeat("other", 500))
		want(t, "grt_versions/2", strings.Repeat("new", 700))
	})
	t.Run("many may call at once", func(t *testing.T) {
		var wg sync.WaitGroup
		for n := range 20 {
			wg.Go(func() {
				key, value := fmt.Sprintf("grt_many/%d", n), strings.Repeat(string(rune('a'+n)), 300)
				err := v.Set(ctx, key, New(value))
				got, getErr := v.Get(ctx, key)
				if err != nil || getErr != nil || got.Reveal() != value {
					t.Errorf("%s: %v, %v", key, err, getErr)
				}
			})
		}
		wg.Wait()
	})
	t.Run("an ended context ends the call", func(t *testing.T) {
		ended, cancel := context.WithCancel(ctx)
		cancel()
		_, err := v.Get(ended, "grt_long/1")
		for _, err := range []error{err, v.Set(ended, "grt_long/2", New("x")), v.Delete(ended, "grt_long/1"), v.Ready(ended)} {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		}
		want(t, "grt_long/1", strings.Repeat("0123456789abcdef", 1024)[:5000])
	})
	t.Run("it is ready", func(t *testing.T) {
		if err := errors.Join(v.Ready(ctx), v.Unlock(ctx)); err != nil {
			t.Error(err)
		}
	})
}

func TestVaultInMemoryConforms(t *testing.T) { conform(t, NewMemory()) }

func TestS9ChunkedVaultConformsWithinTheLimitOfWindows(t *testing.T) {
	k := overItems(newLimited(2560))
	conform(t, k)
}

func TestVaultsNameThemselves(t *testing.T) {
	if NewMemory().Kind() != "memory" || NewKeychain("relink-test").Kind() != "keychain" {
		t.Error("wrong kind")
	}
}
