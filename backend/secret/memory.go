package secret

import (
	"context"
	"sync"
)

// NewMemory returns a vault that lives as long as the process: for the demo, the bench and tests.
func NewMemory() Vault { return &memory{entries: map[string]Text{}} }

type memory struct {
	mu      sync.RWMutex
	entries map[string]Text
}

func (m *memory) Get(ctx context.Context, key string) (Text, error) {
	if err := ctx.Err(); err != nil {
		return Text{}, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	value, ok := m.entries[key]
	if !ok {
		return Text{}, ErrMissing
	}
	return value, nil
}

func (m *memory) Set(ctx context.Context, key string, value Text) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.entries[key] = value
	return nil
}

func (m *memory) Delete(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.entries, key)
	return nil
}

func (m *memory) Unlock(ctx context.Context) error { return ctx.Err() }

func (m *memory) Ready(ctx context.Context) error { return ctx.Err() }

func (m *memory) Kind() string { return "memory" }
