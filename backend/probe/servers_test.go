package probe_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"relink/build/peers"

	_ "github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
)

// Real database servers, started once for all tests of this package from Debian's packages, each in
// a folder and on a port of its own.
var (
	postgres = sync.OnceValues(startPostgres)
	mariadb  = sync.OnceValues(startMariaDB)
	stops    = &stopping{}
)

// stopping collects what must be ended after the tests.
type stopping struct {
	mu  sync.Mutex
	all []func()
}

func (s *stopping) add(stop func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, stop)
}

func TestMain(m *testing.M) {
	m.Run()
	for _, stop := range slices.Backward(stops.all) {
		stop()
	}
}

// server is a running database.
type server struct {
	host, port string
	admin      func(statements ...string) error
	authority  *authority
}

// soonEnds is when the password of the login soon ends.
var soonEnds = time.Now().Add(5 * 24 * time.Hour).UTC().Truncate(time.Second)

const databasePackages = "postgresql and mariadb-server"

// needDatabases skips where databases were waived, and fails where they cannot be started.
func needDatabases(t testing.TB, start func() (*server, error)) *server {
	t.Helper()
	if os.Getenv("RELINK_NO_DATABASES") == "1" {
		t.Skip("RELINK_NO_DATABASES=1")
	}
	s, err := start()
	if err != nil {
		t.Fatalf("%v (this test needs the Debian packages %s; RELINK_NO_DATABASES=1 leaves it out)", err, databasePackages)
	}
	return s
}

// account is whom a server runs as: it refuses to be root.
type account struct{ uid, gid int }

// as returns the account of that name when we are root, and ourselves otherwise.
func as(name string) (account, error) {
	if os.Geteuid() != 0 {
		return account{os.Getuid(), os.Getgid()}, nil
	}
	u, err := user.Lookup(name)
	if err != nil {
		return account{}, err
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, err := strconv.Atoi(u.Gid)
	return account{uid, gid}, err
}

func (a account) command(name string, args ...string) *exec.Cmd {
	c := exec.Command(name, args...)
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TMPDIR=" + os.TempDir()}
	c.Dir = os.TempDir()
	if os.Geteuid() == 0 {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}}
	}
	return c
}

func (a account) run(name string, args ...string) error {
	out, err := a.command(name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(name), err, out)
	}
	return nil
}

// folder is a new folder that belongs to the account, removed after the tests.
func (a account) folder(name string) (string, error) {
	dir, err := os.MkdirTemp("", name)
	if err != nil {
		return "", err
	}
	stops.add(func() { os.RemoveAll(dir) })
	return dir, errors.Join(os.Chmod(dir, 0o700), os.Chown(dir, a.uid, a.gid))
}

func (a account) write(path string, content []byte) error {
	return errors.Join(os.WriteFile(path, content, 0o600), os.Chown(path, a.uid, a.gid))
}

// certify writes a certificate for db.example and its key into the folder.
func (a account) certify(dir string) (*authority, error) {
	t := &beforeTests{}
	ca := newAuthority(t)
	certificate, key := files(t, ca.issue(t, forDatabase))
	return &ca, errors.Join(t.err, a.write(filepath.Join(dir, "server.crt"), certificate), a.write(filepath.Join(dir, "server.key"), key))
}

// postgresFolder is where Debian keeps the server's programs.
func postgresFolder() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return "", errors.New("PostgreSQL is not installed")
	}
	return filepath.Dir(found[len(found)-1]), nil
}

const postgresRules = `local all all trust
host shop stranger 127.0.0.1/32 reject
hostssl tlsonly all 127.0.0.1/32 scram-sha-256
hostssl certified all 127.0.0.1/32 scram-sha-256 clientcert=verify-ca
host replication postgres 127.0.0.1/32 trust
host shop,my_shop,closed,gone,postgres,old_ascii,old_latin,held all 127.0.0.1/32 scram-sha-256
`

func startPostgres() (*server, error) {
	bin, err := postgresFolder()
	if err != nil {
		return nil, err
	}
	a, err := as("postgres")
	if err != nil {
		return nil, err
	}
	dir, err := a.folder("relink-postgres")
	if err != nil {
		return nil, err
	}
	data, port := filepath.Join(dir, "data"), ""
	if port, err = peers.FreePort(); err != nil {
		return nil, err
	}
	if err := a.run(filepath.Join(bin, "initdb"), "-D", data, "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8"); err != nil {
		return nil, err
	}
	ca, err := a.certify(data)
	if err != nil {
		return nil, err
	}
	if err := a.write(filepath.Join(data, "authority.crt"), ca.pem()); err != nil {
		return nil, err
	}
	if err := a.write(filepath.Join(data, "pg_hba.conf"), []byte(postgresRules)); err != nil {
		return nil, err
	}
	// Not on the command line, where no test could switch it off.
	if err := a.write(filepath.Join(data, "postgresql.conf"), []byte("ssl = on\nssl_ca_file = 'authority.crt'\n")); err != nil {
		return nil, err
	}
	options := fmt.Sprintf("-p %s -c listen_addresses=127.0.0.1 -c unix_socket_directories=%s -c fsync=off -c shared_buffers=16MB", port, dir)
	if err := a.run(filepath.Join(bin, "pg_ctl"), "-D", data, "-w", "-s", "-l", filepath.Join(dir, "log"), "-o", options, "start"); err != nil {
		return nil, err
	}
	stops.add(func() { _ = a.run(filepath.Join(bin, "pg_ctl"), "-D", data, "-m", "immediate", "-s", "stop") })
	s := &server{host: "127.0.0.1", port: port, authority: ca, admin: func(statements ...string) error { return postgresAdmin(dir, port, statements) }}
	return s, s.admin(
		"CREATE ROLE relink LOGIN PASSWORD 'right'", "CREATE ROLE sleeper NOLOGIN PASSWORD 'right'",
		"CREATE ROLE old LOGIN PASSWORD 'right' VALID UNTIL '2020-01-01'", "CREATE ROLE busy LOGIN PASSWORD 'right' CONNECTION LIMIT 0",
		"CREATE ROLE stranger LOGIN PASSWORD 'right'", "CREATE ROLE blind LOGIN PASSWORD 'right'", "CREATE ROLE writer LOGIN PASSWORD 'right'",
		"CREATE ROLE soon LOGIN PASSWORD 'right' VALID UNTIL '"+soonEnds.Format(time.RFC3339)+"'",
		"CREATE DATABASE shop", "CREATE DATABASE tlsonly", "CREATE DATABASE closed", "CREATE DATABASE certified", "REVOKE CONNECT ON DATABASE closed FROM PUBLIC",
		`\shop`, "CREATE TABLE orders (id int)", "INSERT INTO orders VALUES (1)", `CREATE TABLE "Empty Table" (id int)`, "CREATE TABLE payroll (id int)",
		"GRANT SELECT ON orders TO relink, soon", "GRANT SELECT, INSERT ON orders TO writer", `GRANT SELECT ON "Empty Table" TO relink`,
		"CREATE ROLE holder LOGIN PASSWORD 'right'", "CREATE DATABASE held OWNER holder", `\held`, "CREATE TABLE orders (id int)", "ALTER TABLE orders OWNER TO holder", "GRANT SELECT ON orders TO relink")
}

// postgresAdmin runs statements over the socket; \name changes the database.
func postgresAdmin(dir, port string, statements []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	name := "postgres"
	for _, statement := range statements {
		if next, ok := strings.CutPrefix(statement, `\`); ok {
			name = next
			continue
		}
		conn, err := pgx.Connect(ctx, fmt.Sprintf("host=%s port=%s user=postgres dbname=%s", dir, port, name))
		if err != nil {
			return err
		}
		_, err = conn.Exec(ctx, statement)
		if err := errors.Join(err, conn.Close(ctx)); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

func startMariaDB() (*server, error) {
	a, err := as("mysql")
	if err != nil {
		return nil, err
	}
	dir, err := a.folder("relink-mariadb")
	if err != nil {
		return nil, err
	}
	port, err := peers.FreePort()
	if err != nil {
		return nil, err
	}
	ca, err := a.certify(dir)
	if err != nil {
		return nil, err
	}
	data, socket := filepath.Join(dir, "data"), filepath.Join(dir, "s")
	if err := a.run("mariadb-install-db", "--no-defaults", "--datadir="+data, "--auth-root-authentication-method=normal", "--skip-test-db"); err != nil {
		return nil, err
	}
	daemon := a.command("mariadbd", "--no-defaults", "--datadir="+data, "--socket="+socket, "--pid-file="+filepath.Join(dir, "pid"), "--port="+port,
		"--bind-address=127.0.0.1", "--ssl-cert="+filepath.Join(dir, "server.crt"), "--ssl-key="+filepath.Join(dir, "server.key"),
		"--skip-log-bin", "--max-connections=300", "--innodb-buffer-pool-size=16M", "--performance-schema=OFF", "--innodb-flush-log-at-trx-commit=0", "--skip-name-resolve")
	if err := startUntil(daemon, "ready for connections"); err != nil {
		return nil, err
	}
	db, err := sql.Open("mysql", "root@unix("+socket+")/")
	if err != nil {
		return nil, err
	}
	stops.add(func() { db.Close() })
	s := &server{host: "127.0.0.1", port: port, authority: ca, admin: func(statements ...string) error {
		for _, statement := range statements {
			if _, err := db.Exec(statement); err != nil {
				return fmt.Errorf("%s: %w", statement, err)
			}
		}
		return nil
	}}
	return s, s.admin(
		"CREATE DATABASE shop", "CREATE TABLE shop.orders (id int)", "INSERT INTO shop.orders VALUES (1)", "CREATE TABLE shop.`Empty Table` (id int)", "CREATE TABLE shop.payroll (id int)",
		"CREATE USER relink@'%' IDENTIFIED BY 'right'", "GRANT SELECT ON shop.orders TO relink@'%'", "GRANT SELECT ON shop.`Empty Table` TO relink@'%'",
		"CREATE USER reader@'%' IDENTIFIED BY 'right'", "GRANT SELECT ON *.* TO reader@'%'",
		"CREATE USER locked@'%' IDENTIFIED BY 'right' ACCOUNT LOCK", "GRANT SELECT ON shop.* TO locked@'%'",
		"CREATE USER old@'%' IDENTIFIED BY 'right' PASSWORD EXPIRE", "GRANT SELECT ON shop.* TO old@'%'",
		"CREATE USER busy@'%' IDENTIFIED BY 'right' WITH MAX_USER_CONNECTIONS 1", "GRANT SELECT ON shop.* TO busy@'%'",
		"CREATE USER writer@'%' IDENTIFIED BY 'right'", "GRANT SELECT, INSERT (id) ON shop.orders TO writer@'%'",
		"CREATE USER soon@'%' IDENTIFIED BY 'right' PASSWORD EXPIRE INTERVAL 5 DAY", "GRANT SELECT ON shop.* TO soon@'%'", "GRANT SELECT ON mysql.global_priv TO soon@'%'",
		"CREATE DATABASE held", "CREATE TABLE held.orders (id int)", "GRANT SELECT ON held.orders TO relink@'%'",
		"CREATE USER holder@'%' IDENTIFIED BY 'right'", "GRANT ALL ON held.* TO holder@'%'", "GRANT PROCESS ON *.* TO holder@'%'",
		"CREATE USER tlsonly@'%' IDENTIFIED BY 'right' REQUIRE SSL", "GRANT SELECT ON shop.* TO tlsonly@'%'")
}

// startUntil starts a server and waits until it writes the words.
func startUntil(daemon *exec.Cmd, words string) error {
	out, err := daemon.StderrPipe()
	if err != nil {
		return err
	}
	if err := daemon.Start(); err != nil {
		return err
	}
	ready, ended := make(chan bool, 1), make(chan struct{})
	var said []string
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if strings.Contains(lines.Text(), words) {
				select {
				case ready <- true:
				default:
				}
			}
			said = append(said, lines.Text())
		}
	}()
	stops.add(func() {
		_ = daemon.Process.Signal(syscall.SIGTERM)
		<-ended
		_ = daemon.Wait()
	})
	select {
	case <-ready:
		return nil
	case <-ended:
		return fmt.Errorf("%s ended: %s", daemon.Path, strings.Join(said, "\n"))
	case <-time.After(60 * time.Second):
		return fmt.Errorf("%s is not ready after a minute", daemon.Path)
	}
}
