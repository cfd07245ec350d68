package secret

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// itemSize is the most that one keychain item holds, in bytes. Windows refuses more than 2,560; macOS
// a command of more than 4,096, in which base64 makes a third more of the value.
const itemSize = 1000

// headerSize is the room that a header needs in its item.
const headerSize = 100

// items is a keychain as it is: small values by name. Its errors are those of Vault.
type items interface {
	get(ctx context.Context, name string) (string, error)
	set(ctx context.Context, name, value string) error
	delete(ctx context.Context, name string) error // ErrMissing when it is not there
}

// chunked keeps values of any size in small items. A value that fits lies in the item of its key,
// behind a header. A longer one lies in chunks, in one of two sets, and the header says in which:
// a new value is written to the other set, then the header, in one item, moves to it. So a process
// that ends at any moment leaves the old value whole or the new one.
type chunked struct{ items }

// header is the first line of a key's item.
type header struct {
	set    string // "a" or "b"; "-" when the value follows in this item
	chunks int
	length int
	sum    string
}

const headerMark = "relink1"

func (h header) String() string {
	return fmt.Sprintf("%s %s %d %d %s\n", headerMark, h.set, h.chunks, h.length, h.sum)
}

// parseHeader splits an item into its header and what follows it.
func parseHeader(item string) (h header, rest string, err error) {
	line, rest, found := strings.Cut(item, "\n")
	parts := strings.Split(line, " ")
	if !found || len(parts) != 5 || parts[0] != headerMark {
		return h, "", ErrCorrupt
	}
	h.set, h.sum = parts[1], parts[4]
	var err1, err2 error
	h.chunks, err1 = strconv.Atoi(parts[2])
	h.length, err2 = strconv.Atoi(parts[3])
	if errors.Join(err1, err2) != nil || h.chunks < 0 || h.length < 0 {
		return h, "", ErrCorrupt
	}
	return h, rest, nil
}

// sum tells a whole value from a damaged one; it lies beside the value, where it gives nothing away.
func sum(value string) string {
	all := sha256.Sum256([]byte(value))
	return hex.EncodeToString(all[:16])
}

func chunkName(key, set string, n int) string { return key + "#" + set + strconv.Itoa(n) }

// load reads a value. The header is read again when a chunk is missing, because another process may
// have moved it meanwhile.
func (c chunked) load(ctx context.Context, key string) (string, error) {
	var last string
	for {
		item, err := c.get(ctx, key)
		if err != nil {
			return "", err
		}
		value, err := c.follow(ctx, key, item)
		if !errors.Is(err, ErrCorrupt) || item == last {
			return value, err
		}
		last = item
	}
}

// follow reads the value that a header points to.
func (c chunked) follow(ctx context.Context, key, item string) (string, error) {
	h, value, err := parseHeader(item)
	if err != nil {
		return "", err
	}
	if h.set != "-" {
		var all strings.Builder
		for n := range h.chunks {
			chunk, err := c.get(ctx, chunkName(key, h.set, n))
			if errors.Is(err, ErrMissing) {
				return "", ErrCorrupt
			}
			if err != nil {
				return "", err
			}
			all.WriteString(chunk)
		}
		value = all.String()
	}
	if len(value) != h.length || sum(value) != h.sum {
		return "", ErrCorrupt
	}
	return value, nil
}

// store writes a value: chunks first, then the header, then the old chunks go.
func (c chunked) store(ctx context.Context, key, value string) error {
	old, err := c.current(ctx, key)
	if err != nil {
		return err
	}
	h := header{set: "-", length: len(value), sum: sum(value)}
	item := ""
	if len(value) <= itemSize-headerSize {
		item = value
	} else {
		h.set = "a"
		if old.set == "a" {
			h.set = "b"
		}
		for part := value; part != ""; h.chunks++ {
			size := min(len(part), itemSize)
			if err := c.set(ctx, chunkName(key, h.set, h.chunks), part[:size]); err != nil {
				return err
			}
			part = part[size:]
		}
	}
	if err := c.set(ctx, key, h.String()+item); err != nil {
		return err
	}
	if old.set == "-" || old.set == "" {
		return nil
	}
	// The new value is in place; what cannot be cleaned up now is overwritten or deleted later.
	_ = c.sweep(ctx, key, old.set)
	return nil
}

// current returns the header in place, an empty one when there is none or it is damaged.
func (c chunked) current(ctx context.Context, key string) (header, error) {
	item, err := c.get(ctx, key)
	if errors.Is(err, ErrMissing) {
		return header{}, nil
	}
	if err != nil {
		return header{}, err
	}
	h, _, err := parseHeader(item)
	if err != nil {
		return header{}, nil // what is damaged can only be replaced
	}
	return h, nil
}

// remove deletes the header first, so that a process that ends meanwhile leaves nothing that could
// be read as a value.
func (c chunked) remove(ctx context.Context, key string) error {
	if err := c.delete(ctx, key); err != nil && !errors.Is(err, ErrMissing) {
		return err
	}
	return errors.Join(c.sweep(ctx, key, "a"), c.sweep(ctx, key, "b"))
}

// sweep deletes the chunks of a set from the last to the first: what is left after an interruption
// is found again, because it still begins with the first.
func (c chunked) sweep(ctx context.Context, key, set string) error {
	n := 0
	for ; ; n++ {
		_, err := c.get(ctx, chunkName(key, set, n))
		if errors.Is(err, ErrMissing) {
			break
		}
		if err != nil {
			return err
		}
	}
	for n--; n >= 0; n-- {
		if err := c.delete(ctx, chunkName(key, set, n)); err != nil && !errors.Is(err, ErrMissing) {
			return err
		}
	}
	return nil
}
