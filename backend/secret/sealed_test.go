package secret

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
)

const passphrase = "four words nobody guesses"

// keyFile writes a key to a file of its own, closed to others.
func keyFile(t testing.TB, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func identityFile(t testing.TB) string {
	t.Helper()
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return keyFile(t, "# created for a test\n"+identity.String()+"\n")
}

func hybridFile(t testing.TB) string {
	t.Helper()
	identity, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	return keyFile(t, identity.String()+"\n")
}

// person answers with passphrases in turn, and counts the questions.
type person struct {
	answers []string
	asked   []bool // whether a new one was asked for
}

func asking(p *person) Key {
	return Key{Ask: func(_ context.Context, fresh bool) (Text, error) {
		p.asked = append(p.asked, fresh)
		return New(p.answers[len(p.asked)-1]), nil
	}}
}

func TestSealedVaultConforms(t *testing.T) {
	for name, key := range map[string]Key{
		"identity file": {IdentityFile: identityFile(t)}, "hybrid identity file": {IdentityFile: hybridFile(t)},
		"passphrase file": {PassphraseFile: keyFile(t, passphrase+"\n")}, "passphrase": asking(&person{answers: []string{passphrase}}),
	} {
		t.Run(name, func(t *testing.T) {
			v := NewSealed(filepath.Join(t.TempDir(), "vault"), key)
			if err := v.Unlock(t.Context()); err != nil {
				t.Fatal(err)
			}
			conform(t, v)
		})
	}
}

// wantFault wants the fault of a key, which is a locked vault, too.
func wantFault(t *testing.T, err error, want KeyFault) {
	t.Helper()
	var wrong *KeyError
	if !errors.As(err, &wrong) || wrong.Fault != want || !errors.Is(err, ErrLocked) {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestSealedVaultSaysWhatIsWrongWithItsKey(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "vault")
	right := keyFile(t, passphrase)
	if err := NewSealed(dir, Key{PassphraseFile: right}).Set(t.Context(), "grt_a/1", New("x")); err != nil {
		t.Fatal(err)
	}
	open := keyFile(t, passphrase)
	if err := os.Chmod(open, 0o604); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		key  Key
		want KeyFault
	}{
		"no file":                {Key{PassphraseFile: right + ".gone"}, KeyMissing},
		"a file for everybody":   {Key{PassphraseFile: open}, KeyOpen},
		"an empty file":          {Key{PassphraseFile: keyFile(t, "\n")}, KeyInvalid},
		"another passphrase":     {Key{PassphraseFile: keyFile(t, "another")}, KeyWrong},
		"not an identity":        {Key{IdentityFile: right}, KeyInvalid},
		"another identity":       {Key{IdentityFile: identityFile(t)}, KeyWrong},
		"nobody to ask":          {Key{}, KeyUnasked},
		"nobody asked for a get": {asking(&person{}), KeyUnasked},
	} {
		t.Run(name, func(t *testing.T) {
			v := NewSealed(dir, c.key)
			_, err := v.Get(t.Context(), "grt_a/1")
			wantFault(t, err, c.want)
			wantFault(t, v.Ready(t.Context()), c.want)
			wantFault(t, v.Set(t.Context(), "grt_a/2", New("y")), c.want)
			wantFault(t, v.Delete(t.Context(), "grt_a/1"), c.want)
		})
	}
	if got, err := NewSealed(dir, Key{PassphraseFile: right}).Get(t.Context(), "grt_a/1"); err != nil || got.Reveal() != "x" {
		t.Errorf("afterwards: %v", err)
	}
}

func TestAWrongPassphraseIsAskedForAgainAndChangesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "vault")
	p := &person{answers: []string{passphrase}}
	if err := NewSealed(dir, asking(p)).Unlock(t.Context()); err != nil || len(p.asked) != 1 || !p.asked[0] {
		t.Fatalf("asked %v, %v", p.asked, err)
	}
	p = &person{answers: []string{"wrong", passphrase}}
	v := NewSealed(dir, asking(p))
	wantFault(t, v.Unlock(t.Context()), KeyWrong)
	if err := errors.Join(v.Unlock(t.Context()), v.Ready(t.Context()), v.Unlock(t.Context())); err != nil || len(p.asked) != 2 || p.asked[0] {
		t.Errorf("asked %v, %v", p.asked, err)
	}
}

// scrypt takes part of a second and 128 MiB: neither 50 checks nor a wrong file may repeat it.
func TestAPassphraseIsWorkedThroughOnceInAProcess(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "vault")
	right := Key{PassphraseFile: keyFile(t, passphrase)}
	if err := NewSealed(dir, right).Set(t.Context(), "grt_a/1", New("x")); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := NewSealed(dir, right).Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	once := time.Since(began)
	for name, key := range map[string]Key{"right": right, "wrong": {PassphraseFile: keyFile(t, "another")}} {
		v := NewSealed(dir, key)
		began := time.Now()
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() { _, _ = v.Get(t.Context(), "grt_a/1") })
		}
		wg.Wait()
		if took := time.Since(began); took > 10*once {
			t.Errorf("%s: 50 reads took %v, one opening takes %v", name, took, once)
		}
	}
}

func TestNothingInTheSealedVaultIsPlain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "vault")
	v := NewSealed(dir, Key{PassphraseFile: keyFile(t, passphrase)})
	if err := v.Set(t.Context(), "grt_a/1", New(canaryInside)); err != nil {
		t.Fatal(err)
	}
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		content, err := os.ReadFile(path)
		for _, plain := range []string{canaryInside, passphrase, "AGE-SECRET-KEY"} {
			if bytes.Contains(content, []byte(plain)) {
				t.Errorf("%s holds %q", path, plain)
			}
		}
		return err
	})
	if err != nil || files < 2 {
		t.Errorf("%d files, %v", files, err)
	}
}

const canaryInside = "CNRY-sealed-0123456789abcdef"

func TestDamagedOrMovedSealedEntriesAreCorruptAndCanBeReplaced(t *testing.T) {
	for name, damage := range map[string]func(path, other string) error{
		"cut":                      func(path, _ string) error { return os.Truncate(path, 150) },
		"emptied":                  func(path, _ string) error { return os.Truncate(path, 0) },
		"replaced by plain text":   func(path, _ string) error { return os.WriteFile(path, []byte("grt_a/1\nx"), 0o600) },
		"replaced by another one":  func(path, other string) error { return os.Rename(other, path) },
		"without the vault's key":  func(path, _ string) error { return os.Remove(filepath.Join(filepath.Dir(path), ownKeyName)) },
		"with a damaged vault key": func(path, _ string) error { return os.Truncate(filepath.Join(filepath.Dir(path), ownKeyName), 100) },
	} {
		t.Run(name, func(t *testing.T) {
			dir, key := filepath.Join(t.TempDir(), "vault"), Key{IdentityFile: identityFile(t)}
			v := NewSealed(dir, key)
			if err := errors.Join(v.Set(t.Context(), "grt_a/1", New("a")), v.Set(t.Context(), "grt_b/1", New("b"))); err != nil {
				t.Fatal(err)
			}
			if err := damage(filepath.Join(dir, entryName("grt_a/1")), filepath.Join(dir, entryName("grt_b/1"))); err != nil {
				t.Fatal(err)
			}
			v = NewSealed(dir, key)
			if _, err := v.Get(t.Context(), "grt_a/1"); !errors.Is(err, ErrCorrupt) {
				t.Errorf("got %v", err)
			}
			if strings.Contains(name, "vault") {
				if err := v.Unlock(t.Context()); !errors.Is(err, ErrCorrupt) {
					t.Errorf("a new key was made over the old entries: %v", err)
				}
				return
			}
			if err := v.Set(t.Context(), "grt_a/1", New("mended")); err != nil {
				t.Fatal(err)
			}
			if got, err := v.Get(t.Context(), "grt_a/1"); err != nil || got.Reveal() != "mended" {
				t.Errorf("after the repair: %v", err)
			}
		})
	}
}

// child names the folder of the vault in the second run; see TestSealedChild.
const child = "RELINK_TEST_SEALED"

// TestSealedChild is another process: it writes to the vault until it is ended, and tells each write.
func TestSealedChild(t *testing.T) {
	dir, key, _ := strings.Cut(os.Getenv(child), "|")
	if dir == "" {
		t.Skip("run by the tests below")
	}
	v := NewSealed(dir, Key{IdentityFile: key})
	for n := range 10_000 {
		for _, name := range []string{"grt_shared/1", fmt.Sprintf("grt_%d/1", os.Getpid())} {
			if err := v.Set(t.Context(), name, New(whole(n))); err != nil {
				t.Fatal(err)
			}
			fmt.Println("wrote", n, name)
		}
	}
}

// whole is a value of which a part would be seen.
func whole(n int) string { return strings.Repeat(fmt.Sprintf("%05d", n), 1+n%700) }

func startChild(t *testing.T, dir, key string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestSealedChild$", "-test.v")
	cmd.Env = append(os.Environ(), child+"="+dir+"|"+key)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewScanner(out)
}

// await reads the child's lines until it told a number of writes.
func await(t *testing.T, out *bufio.Scanner, writes int) (last int) {
	t.Helper()
	for writes > 0 && out.Scan() {
		if n, err := fmt.Sscanf(out.Text(), "wrote %d", &last); n == 1 && err == nil {
			writes--
		}
	}
	if writes > 0 {
		t.Errorf("%d writes did not come: %v %s", writes, out.Err(), out.Text())
	}
	return last
}

func TestS9KilledWritersLeaveEveryEntryWhole(t *testing.T) {
	dir, key := filepath.Join(t.TempDir(), "vault"), identityFile(t)
	for round := range 12 {
		cmd, out := startChild(t, dir, key)
		last := await(t, out, 5+7*round)
		if err := cmd.Process.Kill(); err != nil { // SIGKILL, in the midst of the next write
			t.Fatal(err)
		}
		_ = cmd.Wait()
		v := NewSealed(dir, Key{IdentityFile: key})
		own := fmt.Sprintf("grt_%d/1", cmd.Process.Pid)
		for _, name := range []string{"grt_shared/1", own} {
			got, err := v.Get(t.Context(), name)
			var n int
			if _, scanErr := fmt.Sscanf(got.Reveal(), "%5d", &n); err != nil || scanErr != nil || got.Reveal() != whole(n) || n < last-1 {
				t.Errorf("round %d, %s: number %d after %d was told, %d bytes, %v", round, name, n, last, len(got.Reveal()), err)
			}
		}
		if err := errors.Join(v.Set(t.Context(), own, New("x")), v.Delete(t.Context(), own)); err != nil {
			t.Errorf("round %d: %v", round, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, partName)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a part was left behind: %v", err)
	}
}

func TestTwoProcessesBeginOneVaultAndWriteAtOnce(t *testing.T) {
	dir, key := filepath.Join(t.TempDir(), "vault"), identityFile(t)
	var children []*exec.Cmd
	var outs []*bufio.Scanner
	for range 3 {
		cmd, out := startChild(t, dir, key)
		children, outs = append(children, cmd), append(outs, out)
	}
	for n := range children {
		await(t, outs[n], 30)
	}
	for _, cmd := range children {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	v := NewSealed(dir, Key{IdentityFile: key})
	for _, cmd := range children {
		if got, err := v.Get(t.Context(), fmt.Sprintf("grt_%d/1", cmd.Process.Pid)); err != nil || len(got.Reveal()) == 0 {
			t.Errorf("an entry is lost: %v", err)
		}
	}
}

func TestALockThatIsHeldEndsInSlow(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "vault")
	v := NewSealed(dir, Key{IdentityFile: identityFile(t)}).(*sealed)
	if err := v.Unlock(t.Context()); err != nil {
		t.Fatal(err)
	}
	release, err := NewSealed(dir, Key{}).(*sealed).lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	v.bounded.limit = patience / 30
	if err := v.Set(t.Context(), "grt_a/1", New("x")); !errors.Is(err, ErrSlow) {
		t.Errorf("got %v", err)
	}
	v.writing <- struct{}{} // whoever waited for the lock has left, and touches the folder no more
}

func TestAFileThatCannotBeWrittenIsRefusedAndKeepsTheOldValue(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "vault")
	v := NewSealed(dir, Key{IdentityFile: identityFile(t)})
	if err := errors.Join(v.Set(t.Context(), "grt_a/1", New("x")), os.MkdirAll(filepath.Join(dir, partName, "in the way"), 0o700)); err != nil {
		t.Fatal(err)
	}
	if err := v.Set(t.Context(), "grt_a/1", New("y")); !errors.Is(err, ErrRefused) {
		t.Errorf("got %v", err)
	}
	if got, err := v.Get(t.Context(), "grt_a/1"); err != nil || got.Reveal() != "x" {
		t.Errorf("the old value is gone: %v", err)
	}
}

func BenchmarkSealedGet(b *testing.B) {
	v := NewSealed(filepath.Join(b.TempDir(), "vault"), Key{IdentityFile: identityFile(b)})
	if err := v.Set(b.Context(), "grt_a/1", New(strings.Repeat("x", 2000))); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Get(b.Context(), "grt_a/1"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSealedSet(b *testing.B) {
	v := NewSealed(filepath.Join(b.TempDir(), "vault"), Key{IdentityFile: identityFile(b)})
	for b.Loop() {
		if err := v.Set(b.Context(), "grt_a/1", New(strings.Repeat("x", 2000))); err != nil {
			b.Fatal(err)
		}
	}
}
