package cli_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"relink/backend/catalog"
	"relink/backend/cli"
	"relink/backend/grant"
	"relink/backend/oauth"
	"relink/backend/sandbox"
	"relink/backend/secret"
	"relink/build/canary"
	"relink/build/desktop"
)

// TestMain makes this binary the commands of the scripts, too: relink itself, a browser that
// consents at once, and a program that looks where its secret is.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"relink":  func() { os.Exit(relink()) },
		"browser": func() { os.Exit(browse(os.Args[1])) },
		"watch":   func() { os.Exit(watch(os.Args[1])) },
	})
}

// relink is the program as main runs it.
func relink() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return cli.Run(ctx, os.Args[1:], cli.Stdio("test"))
}

// browse asks the test's world to consent on the page whose address it is given.
func browse(address string) int {
	resp, err := http.Get(os.Getenv("CONSENT") + "&url=" + url.QueryEscape(address))
	if err != nil || resp.StatusCode != http.StatusOK {
		fmt.Fprintln(os.Stderr, "browser:", err)
		return 1
	}
	return 0
}

// watch is a program that relink exec starts (S-3): it ends with 8 when the variable is not set, and with 9
// when the secret stands in the arguments or the environment of the process that started it, or in its
// own arguments.
func watch(variable string) int {
	secret := os.Getenv(variable)
	if secret == "" {
		return 8
	}
	for _, file := range []string{"self/cmdline", fmt.Sprintf("%d/cmdline", os.Getppid()), fmt.Sprintf("%d/environ", os.Getppid())} {
		content, err := os.ReadFile(filepath.Join("/proc", file))
		if err != nil || len(content) == 0 {
			fmt.Fprintln(os.Stderr, "watch:", file, err)
			return 1
		}
		if form := canary.Find(content, secret); form != "" {
			fmt.Fprintf(os.Stderr, "watch: %s holds the secret (%s)\n", file, form)
			return 9
		}
	}
	return 0
}

// TestScripts runs every transcript in testdata/script over a real keyring and the sandbox's services.
func TestScripts(t *testing.T) {
	if !desktop.Own(t, desktop.Options{Keyring: true, Patience: 6 * time.Minute}) {
		return
	}
	params := testscript.Params{
		Dir: "testdata/script", Setup: setup, RequireExplicitExec: true, RequireUniqueNames: true,
		Condition: func(name string) (bool, error) {
			if name != "databases" {
				return false, fmt.Errorf("no condition is called %q", name)
			}
			return os.Getenv("RELINK_NO_DATABASES") != "1", nil
		},
		Cmds: withPeer(t, map[string]func(*testscript.TestScript, bool, []string){
			"world": turn, "exits": exits, "pastes": pastes, "types": types, "answers": answers, "interrupts": interrupts, "begins": begins, "ends": ends,
			"provide": provide, "wayin": wayIn, "postgres": postgres, "unseen": unseen, "warehouse": warehouse, "private": private,
		}),
	}
	testscript.Run(t, params)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type worldKey struct{}

// counted are the requests that each service had at the last "world SERVICE count".
type counted struct{}

// scan is the canary of S-1: no secret that a script handed over may lie in the data folder, in any
// of the forms that a careless writer would give it.
func scan(e *testscript.Env, world *sandbox.World) {
	t, ok := e.T().(interface{ Errorf(string, ...any) })
	if !ok {
		e.T().Fatal("S-1: nobody to tell")
	}
	var canaries []string
	for _, service := range world.Services() {
		canaries = append(canaries, service.Secrets()...)
	}
	err := filepath.WalkDir(filepath.Join(e.WorkDir, "data"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		for _, c := range canaries {
			if form := canary.Find(content, c); form != "" {
				t.Errorf("S-1: %s holds a secret (%s)", path, form)
			}
		}
		return err
	})
	if err != nil {
		t.Errorf("S-1: %v", err)
	}
}

// setup gives a script a world of its own, its providers, and a browser that consents as $ACCOUNT.
func setup(e *testscript.Env) error {
	world, err := sandbox.Start(context.Background(), sandbox.Options{})
	if err != nil {
		return err
	}
	e.Defer(func() { _ = world.Close() })
	e.Values[worldKey{}], e.Values[counted{}], e.Values[runningKey{}] = world, map[string]int{}, map[string]*running{}
	e.Values[warehouseKey{}] = &warehouseBox{}
	e.Defer(func() { scan(e, world) })
	consent := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if err := world.Consent(r.Context(), q.Get("url"), q.Get("account"), q.Get("allow") == "yes", nil); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
		}
	}))
	e.Defer(consent.Close)
	data := filepath.Join(e.WorkDir, "data")
	for _, service := range world.Services() {
		folder := filepath.Join(data, "providers", service.ProviderID())
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, "provider.yaml"), service.ProviderYAML(), 0o600); err != nil {
			return err
		}
		id, key := service.Client()
		if service.ProviderID() == "sample-shop" {
			key = service.APIKey()
		}
		name := strings.ToUpper(strings.ReplaceAll(service.ProviderID(), "-", "_"))
		e.Vars = append(e.Vars, name+"_CLIENT="+id)
		if err := os.WriteFile(filepath.Join(e.WorkDir, service.ProviderID()+".key"), []byte(key+"\n"), 0o600); err != nil {
			return err
		}
	}
	if err := sink(e, data); err != nil {
		return err
	}
	e.Vars = append(e.Vars, "RELINK_DATA_DIR="+data, "LANG=en_US.UTF-8", "BROWSER=browser", "CONSENT_AT="+consent.URL,
		"CONSENT="+consent.URL+"/?allow=yes&account="+url.QueryEscape(sandbox.Ana),
		"DBUS_SESSION_BUS_ADDRESS="+os.Getenv("DBUS_SESSION_BUS_ADDRESS"), "XDG_RUNTIME_DIR="+os.Getenv("XDG_RUNTIME_DIR"))
	return nil
}

// turn switches a service of the world: world SERVICE revoke|expire|heal|down|status-503|…
func turn(ts *testscript.TestScript, _ bool, args []string) {
	world, _ := ts.Value(worldKey{}).(*sandbox.World)
	service := world.Service(args[0])
	switch args[1] {
	case "revoke":
		service.Revoke()
	case "expire-access":
		service.ExpireAccess()
	case "down":
		service.Down()
	case "unavailable":
		service.Status(http.StatusServiceUnavailable)
	case "drop-scope":
		service.DropScope(args[2])
	case "related":
		field := strings.Join(args[4:], "")
		folder := filepath.Join(ts.Getenv("RELINK_DATA_DIR"), "providers", args[2])
		ts.Check(os.MkdirAll(folder, 0o700))
		ts.Check(os.WriteFile(filepath.Join(folder, "provider.yaml"), service.RelatedYAML(args[2], "Sample "+args[2], args[3], field), 0o600))
	case "restore-scope":
		service.RestoreScope(args[2])
	case "hide-shop":
		service.HideShop(args[2])
	case "heal":
		ts.Check(service.Heal())
	case "new-key":
		key, err := service.NewAPIKey(sandbox.Ana)
		ts.Check(err)
		ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(key+"\n"), 0o600))
	case "grant":
		grant, err := bring(world, service)
		ts.Check(err)
		ts.Check(os.WriteFile(ts.MkAbs(args[2]), grant, 0o600))
	case "rotate-secret":
		service.RotateSecret()
		_, key := service.Client()
		ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(key+"\n"), 0o600))
	case "account-file":
		file, err := service.ServiceAccountFile()
		ts.Check(err)
		ts.Check(os.WriteFile(ts.MkAbs(args[2]), file, 0o600))
	case "login": // a provider that is entered by name and password, and the password
		folder := filepath.Join(ts.Getenv("RELINK_DATA_DIR"), "providers", args[2])
		ts.Check(os.MkdirAll(folder, 0o700))
		ts.Check(os.WriteFile(filepath.Join(folder, "provider.yaml"), service.LoginYAML(args[2], "Sample "+args[2]), 0o600))
		ts.Check(os.WriteFile(ts.MkAbs(args[3]), []byte(service.Password()+"\n"), 0o600))
	case "second-factor":
		ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(service.SecondFactor(true)+"\n"), 0o600))
	case "client-file":
		file, err := clientFile(service)
		ts.Check(err)
		ts.Check(os.WriteFile(ts.MkAbs(args[2]), file, 0o600))
	case "count":
		ts.Value(counted{}).(map[string]int)[args[0]] = service.TokenRequests() + service.APIRequests()
	case "unasked": // since the last count
		if n := service.TokenRequests() + service.APIRequests() - ts.Value(counted{}).(map[string]int)[args[0]]; n != 0 {
			ts.Fatalf("%s was sent %d requests", args[0], n)
		}
	default:
		ts.Fatalf("world: unknown switch %q", args[1])
	}
}

// bring obtains a grant as another tool would, and writes it as that tool's token answer.
func bring(world *sandbox.World, service *sandbox.Service) ([]byte, error) {
	ctx := context.Background()
	provider, err := catalog.Parse("sample", service.ProviderYAML())
	if err != nil {
		return nil, err
	}
	filled, err := provider.For(nil)
	if err != nil {
		return nil, err
	}
	server := grant.Server(*filled.Methods[0].OAuth)
	id, key := service.Client()
	client := oauth.Client{ID: id, Secret: secret.New(key)}
	const redirect = "http://127.0.0.1:9/callback"
	request, err := oauth.NewRequest(server, client, redirect, []string{sandbox.ScopeOrders, sandbox.ScopeProfile}, nil)
	if err != nil {
		return nil, err
	}
	address, err := world.ConsentAddress(ctx, request.URL(), sandbox.Ana, true, nil)
	if err != nil {
		return nil, err
	}
	callback, err := oauth.ParsePasted(request, address)
	if err != nil {
		return nil, err
	}
	token, err := oauth.NewExchange(nil, time.Now).Code(ctx, server, client, callback.Code, request.Verifier(), redirect)
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{
		"access_token": token.Access.Reveal(), "refresh_token": token.Refresh.Reveal(), "expires_in": 3600, "token_type": "Bearer",
		"obtained_at": time.Now().UTC().Format(time.RFC3339), "client_id": id, "client_secret": key,
	})
}

// exits runs a command and wants its exit code: exits CODE [<FILE] COMMAND ARG…
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, args := args[0], args[1:]
	var in io.Reader
	if file, ok := strings.CutPrefix(args[0], "<"); ok {
		in, args = strings.NewReader(ts.ReadFile(file)), args[1:]
	}
	path, err := exec.LookPath(args[0])
	ts.Check(err)
	cmd := exec.Command(path, args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, ts.Stdout(), ts.Stderr()
	cmd.Dir, cmd.Env = ts.Getenv("WORK"), environment(ts)
	_ = cmd.Run()
	if got := fmt.Sprint(cmd.ProcessState.ExitCode()); got != want {
		ts.Fatalf("%s exited with %s, want %s", strings.Join(args, " "), got, want)
	}
}

// pastes runs a command that prints a consent link, consents on another computer, as it were, and
// pastes the address that the browser there ended on: pastes COMMAND ARG…
func pastes(ts *testscript.TestScript, _ bool, args []string) {
	world, _ := ts.Value(worldKey{}).(*sandbox.World)
	follow(ts, args, func(link string) (string, error) {
		address, err := world.ConsentAddress(context.Background(), link, sandbox.Ana, true, nil)
		return "not an address\n" + address, err
	})
}

// follow runs a command, and types what consent at the printed link leads to.
func follow(ts *testscript.TestScript, args []string, consent func(link string) (string, error)) {
	path, err := exec.LookPath(args[0])
	ts.Check(err)
	in, person, err := os.Pipe() // a real file, as a terminal is
	ts.Check(err)
	defer person.Close()
	defer in.Close()
	cmd := exec.Command(path, args[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdin, cmd.Stdout = ts.Getenv("WORK"), environment(ts), in, ts.Stdout()
	said, err := cmd.StderrPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		link := strings.TrimSpace(lines.Text())
		if !strings.HasPrefix(link, "http") {
			continue
		}
		typed, err := consent(link)
		ts.Check(err)
		_, err = fmt.Fprintln(person, typed)
		ts.Check(err)
	}
	ts.Check(cmd.Wait())
}

// environment is what the script's own commands see.
func environment(ts *testscript.TestScript) []string {
	var all []string
	for _, name := range []string{
		"PATH", "HOME", "RELINK_DATA_DIR", "LANG", "BROWSER", "CONSENT", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "TESTSCRIPT_COMMAND",
	} {
		all = append(all, name+"="+ts.Getenv(name))
	}
	return all
}
