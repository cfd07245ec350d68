package secret

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"filippo.io/age"
	"github.com/gofrs/flock"
)

// The files of a sealed vault: the vault's own key, sealed to whatever opens the vault, one file for
// each entry, and what is being written just now.
const (
	ownKeyName  = "vault.key"
	entryEnding = ".age"
	partName    = "part"
	lockFile    = "lock"
	lockRetry   = 5 * time.Millisecond
)

// openPatience is how long the vault may take to open without a person. A passphrase is worked through
// for a second, and for much longer on a small computer that has other work: that is no silence.
const openPatience = 30 * time.Second

// NewSealed returns a vault of files in the folder dir, for computers without a keychain. Each entry
// is sealed by age (age-encryption.org/v1) to a key of the vault's own, and that key to what opens
// the vault, so that a passphrase is worked through once in a process and not once for an entry. A
// file is replaced as a whole or not at all, whenever the process ends.
func NewSealed(dir string, key Key) Vault {
	return &sealed{
		dir: dir, key: key, bounded: &boundedItems{limit: patience, slots: make(chan struct{}, atOnce)},
		door:    &boundedItems{limit: openPatience, slots: make(chan struct{}, atOnce)},
		opening: make(chan struct{}, 1), writing: make(chan struct{}, 1),
	}
}

type sealed struct {
	dir     string
	key     Key
	bounded *boundedItems // the deadline of an entry; the items are files here
	door    *boundedItems // that of opening the vault

	own     atomic.Pointer[age.X25519Identity] // nil until the vault is open
	opening chan struct{}                      // one at a time
	writing chan struct{}                      // one at a time in this process; the lock file counts the others
	refused Text                               // a passphrase that does not open the vault; opening guards it
}

func (s *sealed) Get(ctx context.Context, key string) (Text, error) {
	own, err := s.opened(ctx)
	var value string
	if err == nil {
		value, err = s.bounded.run(ctx, func(context.Context) (string, error) { return s.read(key, own) })
	}
	if err != nil {
		return Text{}, fmt.Errorf("read from the sealed vault: %w", err)
	}
	return New(value), nil
}

func (s *sealed) Set(ctx context.Context, key string, value Text) error {
	own, err := s.opened(ctx)
	if err == nil {
		_, err = s.bounded.run(ctx, func(ctx context.Context) (string, error) { return "", s.put(ctx, key, value, own) })
	}
	if err != nil {
		return fmt.Errorf("write to the sealed vault: %w", err)
	}
	return nil
}

func (s *sealed) put(ctx context.Context, key string, value Text, own *age.X25519Identity) error {
	// The name inside tells an entry from another one that was put in its place.
	content, err := seal(key+"\n"+value.Reveal(), own.Recipient())
	if err != nil {
		return err
	}
	release, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer release()
	return s.write(entryName(key), content)
}

func (s *sealed) Delete(ctx context.Context, key string) error {
	_, err := s.opened(ctx)
	if err == nil {
		_, err = s.bounded.run(ctx, func(context.Context) (string, error) {
			err := os.Remove(filepath.Join(s.dir, entryName(key)))
			if errors.Is(err, fs.ErrNotExist) {
				return "", nil
			}
			return "", fault(errors.Join(err, syncFolder(s.dir)))
		})
	}
	if err != nil {
		return fmt.Errorf("delete from the sealed vault: %w", err)
	}
	return nil
}

// Unlock opens the vault, and makes it where there is none; it asks for the passphrase where somebody
// can be asked.
func (s *sealed) Unlock(ctx context.Context) error {
	_, err := s.open(ctx, true)
	return err
}

func (s *sealed) Ready(ctx context.Context) error {
	_, err := s.opened(ctx)
	return err
}

// opened returns the vault's own key where no person has to be asked for it.
func (s *sealed) opened(ctx context.Context) (*age.X25519Identity, error) {
	if own := s.own.Load(); own != nil {
		return own, ctx.Err()
	}
	_, err := s.door.run(ctx, func(ctx context.Context) (string, error) {
		_, err := s.open(ctx, false)
		return "", err
	})
	return s.own.Load(), err
}

func (s *sealed) Kind() string { return "file" }

func entryName(key string) string { return url.PathEscape(key) + entryEnding }

// open returns the vault's own key. person says that somebody waits for it and may be asked.
func (s *sealed) open(ctx context.Context, person bool) (*age.X25519Identity, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if own := s.own.Load(); own != nil {
		return own, nil
	}
	select {
	case s.opening <- struct{}{}:
	case <-ctx.Done():
		return nil, slow(ctx)
	}
	defer func() { <-s.opening }()
	if own := s.own.Load(); own != nil {
		return own, nil
	}
	if err := s.prepare(); err != nil {
		return nil, err
	}
	content, err := os.ReadFile(filepath.Join(s.dir, ownKeyName))
	fresh := errors.Is(err, fs.ErrNotExist)
	if err != nil && !fresh {
		return nil, fault(err)
	}
	with, err := s.key.take(ctx, fresh, person)
	if err != nil {
		return nil, err
	}
	if fresh {
		if content, err = s.begin(ctx, with.to); err != nil {
			return nil, err
		}
	}
	own, err := s.unseal(content, with, person)
	if err == nil {
		s.own.Store(own)
	}
	return own, err
}

// unseal opens the vault's own key. A passphrase that did not open it is worked through again for a
// person alone: it costs a second and 128 MiB.
func (s *sealed) unseal(content []byte, with taken, person bool) (*age.X25519Identity, error) {
	wrong := &KeyError{Path: s.key.path(), Fault: KeyWrong}
	if !person && !with.passphrase.Empty() && with.passphrase.Reveal() == s.refused.Reveal() {
		return nil, wrong
	}
	plain, err := unseal(content, with.identities...)
	var none *age.NoIdentityMatchError
	if errors.As(err, &none) {
		s.refused = with.passphrase
		return nil, wrong
	}
	if err != nil {
		return nil, errors.Join(ErrCorrupt, err)
	}
	own, err := age.ParseX25519Identity(plain)
	if err != nil {
		return nil, ErrCorrupt // the library's error may quote the key
	}
	return own, nil
}

// begin makes the vault's own key, unless another process does so meanwhile, and returns it sealed. A
// key that is gone while its entries are there is not made again: a backup may still have it.
func (s *sealed) begin(ctx context.Context, to age.Recipient) ([]byte, error) {
	release, err := s.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	content, err := os.ReadFile(filepath.Join(s.dir, ownKeyName))
	if !errors.Is(err, fs.ErrNotExist) {
		return content, fault(err)
	}
	if entries, _ := filepath.Glob(filepath.Join(s.dir, "*"+entryEnding)); len(entries) > 0 {
		return nil, fmt.Errorf("%w: %s is gone from the vault, put it back from a backup", ErrCorrupt, ownKeyName)
	}
	own, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, err
	}
	if content, err = seal(own.String(), to); err != nil {
		return nil, err
	}
	return content, s.write(ownKeyName, content)
}

// prepare makes the folder, or closes to others the one that is there.
func (s *sealed) prepare() error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fault(err)
	}
	about, err := os.Lstat(s.dir)
	switch {
	case err != nil:
		return fault(err)
	case !about.IsDir():
		return fmt.Errorf("%w: %s is not a folder of its own", ErrRefused, s.dir)
	case hasModes && about.Mode().Perm() != 0o700:
		return fault(os.Chmod(s.dir, 0o700))
	}
	return nil
}

// lock keeps other writers out, of this process and of others. The system frees it when we end.
func (s *sealed) lock(ctx context.Context) (release func(), err error) {
	select {
	case s.writing <- struct{}{}:
	case <-ctx.Done():
		return nil, slow(ctx)
	}
	file := flock.New(filepath.Join(s.dir, lockFile), flock.SetPermissions(0o600))
	if _, err := file.TryLockContext(ctx, lockRetry); err != nil {
		<-s.writing
		if ctx.Err() != nil {
			return nil, slow(ctx)
		}
		return nil, fault(err)
	}
	return func() { _ = file.Unlock(); <-s.writing }, nil
}

// write replaces a file as a whole. The caller holds the lock, so what lies under the name of the
// part was left behind by a process that ended.
func (s *sealed) write(name string, content []byte) error {
	part := filepath.Join(s.dir, partName)
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault(err)
	}
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fault(err)
	}
	_, err = f.Write(content)
	if hasModes {
		err = errors.Join(err, f.Chmod(0o600)) // whatever the umask took
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fault(err)
	}
	return fault(errors.Join(os.Rename(part, filepath.Join(s.dir, name)), syncFolder(s.dir)))
}

func (s *sealed) read(key string, own age.Identity) (string, error) {
	content, err := os.ReadFile(filepath.Join(s.dir, entryName(key)))
	if errors.Is(err, fs.ErrNotExist) {
		return "", ErrMissing
	}
	if err != nil {
		return "", fault(err)
	}
	plain, err := unseal(content, own)
	if err != nil {
		return "", errors.Join(ErrCorrupt, err)
	}
	name, value, found := strings.Cut(plain, "\n")
	if !found || name != key {
		return "", fmt.Errorf("%w: it belongs to another name", ErrCorrupt)
	}
	return value, nil
}

// fault names an error of the file system by one of Vault's.
func fault(err error) error {
	if err == nil {
		return nil
	}
	return errors.Join(ErrRefused, err)
}

func seal(plain string, to age.Recipient) ([]byte, error) {
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to)
	if err == nil {
		_, err = io.WriteString(w, plain)
		err = errors.Join(err, w.Close())
	}
	return out.Bytes(), err
}

func unseal(content []byte, with ...age.Identity) (string, error) {
	r, err := age.Decrypt(bytes.NewReader(content), with...)
	if err != nil {
		return "", err
	}
	plain, err := io.ReadAll(r)
	return string(plain), err
}
