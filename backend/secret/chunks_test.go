package secret

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
)

// limited is a keychain in memory with a platform's limit, that can end after a number of writes.
type limited struct {
	mu     sync.Mutex
	limit  int
	left   int // writes until the process "ends"; negative: it lives on
	items  map[string]string
	before func(name string) // called before each get
}

func newLimited(limit int) *limited {
	return &limited{limit: limit, left: -1, items: map[string]string{}}
}

var errEnded = errors.New("the process ended")

func (l *limited) get(_ context.Context, name string) (string, error) {
	if l.before != nil {
		l.before(name)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if value, ok := l.items[name]; ok {
		return value, nil
	}
	return "", ErrMissing
}

func (l *limited) write(f func()) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.left == 0 {
		return errEnded
	}
	l.left--
	f()
	return nil
}

func (l *limited) set(_ context.Context, name, value string) error {
	if len(value) > l.limit {
		return fmt.Errorf("%w: %d bytes", ErrRefused, len(value))
	}
	return l.write(func() { l.items[name] = value })
}

func (l *limited) delete(_ context.Context, name string) error {
	return l.write(func() { delete(l.items, name) })
}

// overItems is a keychain that is always open.
func overItems(l *limited) Vault { return newKeychain(l, patience) }

func TestS9AnEndBetweenChunksLeavesTheOldValueOrTheNew(t *testing.T) {
	short, long, longer := "short", strings.Repeat("old", 1500), strings.Repeat("new!", 2200)
	for _, c := range []struct{ name, old, new string }{
		{"long over long", long, longer}, {"shorter over longer", longer, long},
		{"long over short", short, longer}, {"short over long", long, short},
	} {
		t.Run(c.name, func(t *testing.T) {
			for n := 0; ; n++ {
				l := newLimited(2560)
				values := chunked{l}
				if err := values.store(t.Context(), "k", c.old); err != nil {
					t.Fatal(err)
				}
				l.left = n
				err := values.store(t.Context(), "k", c.new)
				l.left = -1
				got, getErr := values.load(t.Context(), "k")
				if getErr != nil || got != c.old && got != c.new || err == nil && got != c.new {
					t.Fatalf("ended after %d writes (%v): %d bytes, %v", n, err, len(got), getErr)
				}
				if err := values.store(t.Context(), "k", c.new); err != nil {
					t.Fatal(err)
				}
				if got, err := values.load(t.Context(), "k"); err != nil || got != c.new {
					t.Fatalf("written again after %d writes: %d bytes, %v", n, len(got), err)
				}
				if err := values.remove(t.Context(), "k"); err != nil || len(l.items) > 0 {
					t.Fatalf("ended after %d writes: deleting leaves %v, %v", n, slices.Collect(maps.Keys(l.items)), err)
				}
				if err == nil && n > 30 {
					return
				}
			}
		})
	}
}

func TestS9AnEndWhileDeletingLeavesNothingToRead(t *testing.T) {
	for n := range 12 {
		l := newLimited(2560)
		values := chunked{l}
		if err := values.store(t.Context(), "k", strings.Repeat("x", 7000)); err != nil {
			t.Fatal(err)
		}
		l.left = n
		_ = values.remove(t.Context(), "k") // ends with the process
		l.left = -1
		if _, err := values.load(t.Context(), "k"); n > 0 && !errors.Is(err, ErrMissing) {
			t.Errorf("ended after %d writes: %v", n, err)
		}
		if err := values.remove(t.Context(), "k"); err != nil || len(l.items) > 0 {
			t.Errorf("deleting again leaves %v, %v", slices.Collect(maps.Keys(l.items)), err)
		}
	}
}

func TestDamagedEntriesAreCorruptAndCanBeReplaced(t *testing.T) {
	long := strings.Repeat("v", 3500)
	for name, damage := range map[string]func(map[string]string){
		"a chunk is gone":         func(m map[string]string) { delete(m, "k#a2") },
		"a chunk was changed":     func(m map[string]string) { m["k#a1"] = strings.Repeat("w", 1000) },
		"a chunk was cut":         func(m map[string]string) { m["k#a3"] = "v" },
		"the header was replaced": func(m map[string]string) { m["k"] = "hello" },
		"the header was emptied":  func(m map[string]string) { m["k"] = "" },
		"the header counts wrong": func(m map[string]string) { m["k"] = strings.Replace(m["k"], " 4 ", " -4 ", 1) },
		"the value was changed":   func(m map[string]string) { m["k"] = header{set: "-", length: 1, sum: sum("a")}.String() + "b" },
	} {
		t.Run(name, func(t *testing.T) {
			l := newLimited(2560)
			values := chunked{l}
			if err := values.store(t.Context(), "k", long); err != nil {
				t.Fatal(err)
			}
			damage(l.items)
			if got, err := values.load(t.Context(), "k"); !errors.Is(err, ErrCorrupt) {
				t.Errorf("got %d bytes, %v", len(got), err)
			}
			if err := values.store(t.Context(), "k", "mended"); err != nil {
				t.Fatal(err)
			}
			if got, err := values.load(t.Context(), "k"); err != nil || got != "mended" {
				t.Errorf("after the repair: %q, %v", got, err)
			}
		})
	}
}

func TestAReaderFollowsAValueThatMovesMeanwhile(t *testing.T) {
	l := newLimited(2560)
	values := chunked{l}
	if err := values.store(t.Context(), "k", strings.Repeat("1", 3000)); err != nil {
		t.Fatal(err)
	}
	moved := false
	l.before = func(name string) {
		if name == "k#a1" && !moved {
			moved = true
			l.before = nil
			if err := values.store(t.Context(), "k", strings.Repeat("2", 3000)); err != nil {
				t.Error(err)
			}
		}
	}
	if got, err := values.load(t.Context(), "k"); err != nil || got != strings.Repeat("2", 3000) {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
}

func TestNoItemIsLargerThanItsLimit(t *testing.T) {
	l := newLimited(itemSize)
	values := chunked{l}
	for size := range 4200 {
		if size%97 > 2 {
			continue
		}
		if err := values.store(t.Context(), "k", strings.Repeat("x", size)); err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
	}
}

// hanging answers when the test is over.
type hanging struct{ started, over chan struct{} }

func (h hanging) get(context.Context, string) (string, error) {
	h.started <- struct{}{}
	<-h.over
	return "", nil
}
func (h hanging) set(context.Context, string, string) error { return nil }
func (h hanging) delete(context.Context, string) error      { return nil }

func TestS10AHangingKeychainIsSlowAndDoesNotPileUp(t *testing.T) {
	h := hanging{started: make(chan struct{}, 100), over: make(chan struct{})}
	defer close(h.over)
	k := newKeychain(h, patience/100)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, err := k.Get(t.Context(), "x"); !errors.Is(err, ErrSlow) {
				t.Errorf("got %v", err)
			}
		})
	}
	wg.Wait()
	if n := len(h.started); n > atOnce {
		t.Errorf("%d calls hang, want at most %d", n, atOnce)
	}
}
