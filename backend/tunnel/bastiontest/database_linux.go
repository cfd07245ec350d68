package bastiontest

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// DatabasePassword is that of the user postgres of a Database.
const DatabasePassword = "right"

// Database starts PostgreSQL's own server, to stand behind a bastion: with the user postgres, DatabasePassword and the
// database postgres. It ends with the test, which is skipped where RELINK_NO_DATABASES=1.
func Database(t testing.TB) (host, port string) {
	t.Helper()
	if os.Getenv("RELINK_NO_DATABASES") == "1" {
		t.Skip("RELINK_NO_DATABASES=1")
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		t.Fatal("this test needs the Debian package postgresql; RELINK_NO_DATABASES=1 leaves it out")
	}
	dir, err := os.MkdirTemp("", "relink-postgres-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	d := cluster{bin: filepath.Dir(found[len(found)-1]), dir: dir}
	host, port = "127.0.0.1", freePort(t)
	if err := d.start(t, host, port); err != nil {
		t.Fatal(err)
	}
	for range 500 {
		if exec.Command(filepath.Join(d.bin, "pg_isready"), "-q", "-h", host, "-p", port).Run() == nil {
			return host, port // it listens before it lets anybody in
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("PostgreSQL did not start")
	return "", ""
}

// cluster is a PostgreSQL in a folder of its own.
type cluster struct{ bin, dir string }

// command runs a program of PostgreSQL's, which refuses to be root.
func (d cluster) command(name string, args ...string) (*exec.Cmd, error) {
	c := exec.Command(filepath.Join(d.bin, name), args...)
	c.Dir, c.Env = d.dir, []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	if os.Geteuid() != 0 {
		return c, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, _ := strconv.Atoi(account.Uid)
	gid, _ := strconv.Atoi(account.Gid)
	c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	return c, os.Chown(d.dir, uid, gid)
}

func (d cluster) start(t testing.TB, host, port string) error {
	password, files := filepath.Join(d.dir, "password"), filepath.Join(d.dir, "data")
	if err := os.WriteFile(password, []byte(DatabasePassword+"\n"), 0o644); err != nil {
		return err
	}
	initial, err := d.command("initdb", "-D", files, "-U", "postgres", "-A", "scram-sha-256", "-E", "UTF8", "--pwfile="+password, "-N")
	if err != nil {
		return err
	}
	if out, err := initial.CombinedOutput(); err != nil {
		t.Log(string(out))
		return err
	}
	server, err := d.command("postgres", "-D", files, "-h", host, "-p", port, "-k", d.dir, "-F")
	if err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return err
	}
	t.Cleanup(func() { _ = server.Process.Signal(syscall.SIGQUIT); _ = server.Wait() })
	return nil
}
