package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/gofrs/flock"
)

// The names of the lock and of the socket in the data folder, and the limits on a message.
const (
	lockName      = "window.lock"
	socketName    = "window.sock"
	socketPathMax = 100 // bytes; the systems take 104 to 108, the longest that works everywhere
	messageMax    = 1 << 10
	messageTime   = 2 * time.Second
	retryRaise    = 50 * time.Millisecond
	raiseTime     = endPatience + 15*time.Second
)

// ErrRaise means that a message to the first window is not one that a window takes.
var ErrRaise = errors.New("not an integration id")

// errEnding means that the first window is ending and will not be shown again.
var errEnding = errors.New("the first window is ending")

// Raise asks the first window to show itself, and to open the repair of an integration if one is
// named. Whoever can write to the data folder can send it, so it only ever navigates.
type Raise struct {
	IntegrationID string `json:"integration"`
}

func (r Raise) check() error {
	if r.IntegrationID != "" && !regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`).MatchString(r.IntegrationID) {
		return ErrRaise
	}
	return nil
}

// Instance is the one window of a data folder. The system frees it when the process ends, however
// it ends.
type Instance struct {
	dir      string
	lock     *flock.Flock // nil where the folder cannot be written: nothing to protect
	listener net.Listener
	short    string // the folder of the socket when the data folder's path is too long for one
	serving  sync.WaitGroup
}

// LockInstance claims the data folder for a window, and makes the folder where it is missing. The
// bool is false when another window has it. It is called before the database is opened and before
// the tray is shown. On a read-only folder every window is a first one.
func LockInstance(dataDir string) (*Instance, bool, error) {
	if err := os.MkdirAll(dataDir, 0o700); err != nil && !readOnly(err) {
		return nil, false, fmt.Errorf("make the data folder: %w", err)
	}
	lock := flock.New(filepath.Join(dataDir, lockName), flock.SetPermissions(0o600))
	got, err := lock.TryLock()
	switch {
	case readOnly(err):
		return &Instance{dir: dataDir}, true, nil
	case err != nil:
		return nil, false, fmt.Errorf("claim the data folder: %w", err)
	case !got:
		return nil, false, nil
	}
	return &Instance{dir: dataDir, lock: lock}, true, nil
}

func readOnly(err error) bool {
	return errors.Is(err, syscall.EROFS) || errors.Is(err, os.ErrPermission)
}

// Listen takes the messages of later starts until Close. raise is called from other goroutines, and says whether
// the window is shown: one that is ending is not.
func (i *Instance) Listen(raise func(Raise) bool) error {
	if i.lock == nil {
		return nil
	}
	link := filepath.Join(i.dir, socketName)
	if err := sweep(link); err != nil {
		return fmt.Errorf("replace a socket that was left behind: %w", err)
	}
	socket, err := i.place(link)
	if err != nil {
		return fmt.Errorf("listen for later starts: %w", err)
	}
	i.listener, err = net.Listen("unix", socket)
	if err != nil {
		return fmt.Errorf("listen for later starts: %w", err)
	}
	if err := os.Chmod(socket, 0o600); err != nil {
		return fmt.Errorf("listen for later starts: %w", err)
	}
	i.serving.Add(1)
	go i.serve(raise)
	return nil
}

// place returns where the socket goes: into the data folder, or, when its path is too long for a
// socket, into a private short one that a link in the data folder names.
func (i *Instance) place(link string) (string, error) {
	if len(link) <= socketPathMax {
		return link, nil
	}
	short, err := os.MkdirTemp("", "relink-")
	if err != nil {
		return "", err
	}
	i.short = short
	socket := filepath.Join(short, socketName)
	return socket, os.Symlink(socket, link)
}

// sweep removes what a window that was killed left behind. The lock says that nobody listens there.
func sweep(link string) error {
	if target, err := os.Readlink(link); err == nil && filepath.Base(target) == socketName {
		_ = os.Remove(target)
		_ = os.Remove(filepath.Dir(target)) // only when it is empty
	}
	if err := os.Remove(link); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func (i *Instance) serve(raise func(Raise) bool) {
	defer i.serving.Done()
	for {
		conn, err := i.listener.Accept()
		if err != nil {
			return
		}
		i.serving.Add(1)
		go func() {
			defer i.serving.Done()
			defer conn.Close()
			answer(conn, raise)
		}()
	}
}

// answer reads one message, acts on it, and says that it did.
func answer(conn net.Conn, raise func(Raise) bool) {
	if conn.SetDeadline(time.Now().Add(messageTime)) != nil {
		return
	}
	line, err := bufio.NewReader(io.LimitReader(conn, messageMax)).ReadBytes('\n')
	var r Raise
	if err != nil || json.Unmarshal(line, &r) != nil || r.check() != nil {
		_, _ = io.WriteString(conn, "refused\n")
		return
	}
	if !raise(r) {
		_, _ = io.WriteString(conn, "ending\n")
		return
	}
	_, _ = io.WriteString(conn, "ok\n")
}

// Close frees the data folder for the next window.
func (i *Instance) Close() error {
	var all error
	if i.listener != nil {
		all = i.listener.Close()
		i.serving.Wait()
		all = errors.Join(all, os.RemoveAll(filepath.Join(i.dir, socketName)))
	}
	if i.short != "" {
		all = errors.Join(all, os.RemoveAll(i.short))
	}
	if i.lock != nil {
		all = errors.Join(all, i.lock.Unlock())
	}
	return all
}

// RaiseFirst hands a message to the window that has the data folder, and returns once that window
// acted on it. A window that is only just starting is waited for, 45 s at most; one that is ending, too, and
// then the data folder is claimed for this start: only then is there an Instance.
func RaiseFirst(ctx context.Context, dataDir string, r Raise) (*Instance, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	message, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("raise the first window: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, raiseTime)
	defer cancel()
	for {
		err := hand(ctx, filepath.Join(dataDir, socketName), message)
		if err == nil || errors.Is(err, ErrRaise) {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("raise the first window: %w", errors.Join(ctx.Err(), err))
		case <-time.After(retryRaise):
		}
		if instance, first, err := LockInstance(dataDir); first || err != nil {
			return instance, err
		}
	}
}

// hand sends one message and waits for the answer.
func hand(ctx context.Context, socket string, message []byte) error {
	if target, err := os.Readlink(socket); err == nil {
		socket = target
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	if err := conn.SetDeadline(time.Now().Add(2 * messageTime)); err != nil {
		return err
	}
	if _, err := conn.Write(append(message, '\n')); err != nil {
		return err
	}
	said, err := bufio.NewReader(io.LimitReader(conn, messageMax)).ReadString('\n')
	switch strings.TrimSpace(said) {
	case "ok":
		return nil
	case "refused":
		return ErrRaise
	case "ending":
		return errEnding
	}
	return errors.Join(errors.New("no answer from the first window"), err)
}
