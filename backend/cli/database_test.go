package cli_test

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"

	"relink/build/canary"
	"relink/build/peers"
)

// shopPassword is the canary of the database scripts.
const shopPassword = "CNRY-db/p@ss#0123456789abcdef"

// postgres starts a PostgreSQL with a shop and the login relink, and writes its connection string to
// a file: postgres FILE. Where databases were waived the script ends.
func postgres(ts *testscript.TestScript, _ bool, args []string) {
	bin, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(bin) == 0 {
		ts.Fatalf("this script needs the Debian package postgresql; RELINK_NO_DATABASES=1 leaves it out")
	}
	folder := filepath.Dir(bin[len(bin)-1])
	dir, err := os.MkdirTemp("", "relink-pg")
	ts.Check(err)
	ts.Defer(func() { os.RemoveAll(dir) })
	var as *syscall.Credential
	if os.Geteuid() == 0 { // the server refuses to be root
		u, err := user.Lookup("postgres")
		ts.Check(err)
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		ts.Check(os.Chown(dir, uid, gid))
	}
	run := func(name string, args ...string) {
		c := exec.Command(filepath.Join(folder, name), args...)
		c.Dir, c.Env = dir, []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
		c.SysProcAttr = &syscall.SysProcAttr{Credential: as}
		if out, err := c.CombinedOutput(); err != nil {
			ts.Fatalf("%s: %v: %s", name, err, out)
		}
	}
	port, err := peers.FreePort()
	ts.Check(err)
	data := filepath.Join(dir, "data")
	run("initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8")
	ts.Check(os.WriteFile(filepath.Join(data, "pg_hba.conf"), []byte("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"), 0o644))
	run("pg_ctl", "-D", data, "-w", "-s", "-l", filepath.Join(dir, "log"), "-o", fmt.Sprintf("-p %s -c listen_addresses=127.0.0.1 -c unix_socket_directories=%s -c fsync=off -c shared_buffers=16MB", port, dir), "start")
	ts.Defer(func() { run("pg_ctl", "-D", data, "-m", "immediate", "-s", "stop") })
	run("psql", "-h", dir, "-p", port, "-U", "postgres", "-q", "-c", "CREATE TABLE orders (id int)", "-c", "CREATE ROLE relink LOGIN PASSWORD '"+shopPassword+"'",
		"-c", "GRANT SELECT, INSERT ON orders TO relink")
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte("postgresql://relink:"+shopPassword+"@127.0.0.1:"+port+"/postgres?sslmode=disable\n"), 0o600))
}

// unseen looks for the database's password in the data folder and in what the last command printed.
func unseen(ts *testscript.TestScript, _ bool, _ []string) {
	for _, said := range []string{ts.ReadFile("stdout"), ts.ReadFile("stderr")} {
		if strings.Contains(said, shopPassword) {
			ts.Fatalf("S-1: the password was printed: %s", said)
		}
	}
	err := filepath.WalkDir(ts.Getenv("RELINK_DATA_DIR"), func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if form := canary.Find(content, shopPassword); form != "" {
			ts.Fatalf("S-1: %s holds the password (%s)", path, form)
		}
		return err
	})
	ts.Check(err)
}
