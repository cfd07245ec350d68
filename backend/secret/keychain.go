package secret

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/zalando/go-keyring"
)

const (
	// patience is how long the keychain may take for one item.
	patience = 3 * time.Second
	// atOnce bounds the calls under way: what hangs in the keychain cannot be ended from outside.
	atOnce = 16
)

// NewKeychain returns the operating system's keychain. The service is the name under which all
// entries are kept there. Every call looks first, in its own way, whether the keychain is there and
// unlocked, so that nothing starts a daemon or shows a dialog but Unlock.
func NewKeychain(service string) Vault {
	k := newKeychain(systemItems{service}, patience)
	k.probe, k.unlock = probeKeychain, unlockKeychain
	return k
}

func newKeychain(system items, limit time.Duration) *keychain {
	bounded := &boundedItems{items: system, limit: limit, slots: make(chan struct{}, atOnce)}
	open := func(ctx context.Context) error { return ctx.Err() }
	return &keychain{values: chunked{bounded}, bounded: bounded, probe: open, unlock: open}
}

// keychain is a Vault over the system's items.
type keychain struct {
	values  chunked
	bounded *boundedItems
	probe   func(context.Context) error // whether it can be used now
	unlock  func(context.Context) error
}

func (k *keychain) Get(ctx context.Context, key string) (Text, error) {
	if err := k.Ready(ctx); err != nil {
		return Text{}, err
	}
	value, err := k.values.load(ctx, key)
	if err != nil {
		return Text{}, fmt.Errorf("read from the keychain: %w", err)
	}
	return New(value), nil
}

func (k *keychain) Set(ctx context.Context, key string, value Text) error {
	if err := k.Ready(ctx); err != nil {
		return err
	}
	if err := k.values.store(ctx, key, value.Reveal()); err != nil {
		return fmt.Errorf("write to the keychain: %w", err)
	}
	return nil
}

func (k *keychain) Delete(ctx context.Context, key string) error {
	if err := k.Ready(ctx); err != nil {
		return err
	}
	if err := k.values.remove(ctx, key); err != nil {
		return fmt.Errorf("delete from the keychain: %w", err)
	}
	return nil
}

func (k *keychain) Ready(ctx context.Context) error {
	_, err := k.bounded.run(ctx, func(ctx context.Context) (string, error) { return "", k.probe(ctx) })
	return err
}

func (k *keychain) Unlock(ctx context.Context) error { return k.unlock(ctx) }

func (k *keychain) Kind() string { return "keychain" }

// boundedItems gives every call a deadline. A call that hangs goes on in its goroutine, which
// nothing can end; there are at most atOnce of them.
type boundedItems struct {
	items
	limit time.Duration
	slots chan struct{}
}

func (b *boundedItems) run(ctx context.Context, call func(context.Context) (string, error)) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, b.limit)
	defer cancel()
	select {
	case b.slots <- struct{}{}:
	case <-ctx.Done():
		return "", slow(ctx)
	}
	type answer struct {
		value string
		err   error
	}
	answers := make(chan answer, 1)
	go func() {
		defer func() { <-b.slots }()
		value, err := call(ctx)
		answers <- answer{value, err}
	}()
	select {
	case a := <-answers:
		if a.err != nil && ctx.Err() != nil {
			return "", slow(ctx)
		}
		return a.value, a.err
	case <-ctx.Done():
		return "", slow(ctx)
	}
}

// slow tells the keychain's silence from the caller's change of mind.
func slow(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	return ErrSlow
}

func (b *boundedItems) get(ctx context.Context, name string) (string, error) {
	return b.run(ctx, func(ctx context.Context) (string, error) { return b.items.get(ctx, name) })
}

func (b *boundedItems) set(ctx context.Context, name, value string) error {
	_, err := b.run(ctx, func(ctx context.Context) (string, error) { return "", b.items.set(ctx, name, value) })
	return err
}

func (b *boundedItems) delete(ctx context.Context, name string) error {
	_, err := b.run(ctx, func(ctx context.Context) (string, error) { return "", b.items.delete(ctx, name) })
	return err
}

// systemItems are the items of one service in the system's keychain. Its calls take no context:
// boundedItems stands around it.
type systemItems struct{ service string }

func (s systemItems) get(_ context.Context, name string) (string, error) {
	value, err := keyring.Get(s.service, name)
	return value, named(err)
}

func (s systemItems) set(_ context.Context, name, value string) error {
	return named(keyring.Set(s.service, name, value))
}

func (s systemItems) delete(_ context.Context, name string) error {
	return named(keyring.Delete(s.service, name))
}

// named maps what the library says to the errors of Vault.
func named(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, keyring.ErrNotFound):
		return ErrMissing
	}
	if known := namedBySystem(err); known != nil {
		return errors.Join(known, err)
	}
	return errors.Join(ErrRefused, err)
}
