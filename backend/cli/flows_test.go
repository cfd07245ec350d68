package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"relink/backend/sandbox"
	"relink/build/peers"
)

// running is a command of a script that goes on beside it.
type running struct {
	cmd  *exec.Cmd
	out  bytes.Buffer
	told chan struct{} // closed when its standard error has ended
	mu   sync.Mutex
	more *sync.Cond
	said []string
	over bool
}

// line waits for a line of standard error that fits, "" when it ended without one.
func (r *running) line(fits func(string) bool) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for from := 0; ; {
		for ; from < len(r.said); from++ {
			if line := strings.TrimSpace(r.said[from]); fits(line) {
				return line
			}
		}
		if r.over {
			return ""
		}
		r.more.Wait()
	}
}

func isLink(line string) bool { return strings.HasPrefix(line, "http") }

type runningKey struct{}

// begins starts a command, with the file $STDIN as its input where that is set, and goes on as soon as it
// has printed a link: begins NAME COMMAND ARG…
func begins(ts *testscript.TestScript, _ bool, args []string) {
	path, err := exec.LookPath(args[1])
	ts.Check(err)
	r := &running{cmd: exec.Command(path, args[2:]...), told: make(chan struct{})}
	r.more = sync.NewCond(&r.mu)
	r.cmd.Dir, r.cmd.Env, r.cmd.Stdout = ts.Getenv("WORK"), environment(ts), &r.out
	if key := ts.Getenv("STDIN"); key != "" {
		r.cmd.Stdin = strings.NewReader(ts.ReadFile(key))
	}
	said, err := r.cmd.StderrPipe()
	ts.Check(err)
	ts.Check(r.cmd.Start())
	go func() {
		defer close(r.told)
		lines := bufio.NewScanner(said)
		for more := true; more; {
			more = lines.Scan()
			r.mu.Lock()
			r.said, r.over = append(r.said, lines.Text()), !more
			r.more.Broadcast()
			r.mu.Unlock()
		}
	}()
	ts.Value(runningKey{}).(map[string]*running)[args[0]] = r
	if r.line(isLink) == "" {
		ts.Fatalf("%s ended before it printed a link: %s", args[0], strings.Join(r.said, "\n"))
	}
}

// ends waits for a command that was begun, wants its exit code, and shows what it printed: ends NAME CODE
func ends(ts *testscript.TestScript, _ bool, args []string) {
	r := ts.Value(runningKey{}).(map[string]*running)[args[0]]
	limit := time.AfterFunc(20*time.Second, func() { _ = r.cmd.Process.Kill() })
	<-r.told
	_ = r.cmd.Wait()
	limit.Stop()
	fmt.Fprint(ts.Stdout(), r.out.String())
	if got := fmt.Sprint(r.cmd.ProcessState.ExitCode()); got != args[1] {
		ts.Fatalf("%s exited with %s, want %s: %s", args[0], got, args[1], strings.Join(r.said, "\n"))
	}
}

// provide writes an own provider of the script's: a service of the world under another id, with text
// replaced: provide ID SERVICE [OLD NEW]…; \n in a text is a line break.
func provide(ts *testscript.TestScript, _ bool, args []string) {
	world, _ := ts.Value(worldKey{}).(*sandbox.World)
	yaml := strings.Replace(string(world.Service(args[1]).ProviderYAML()), "id: "+args[1], "id: "+args[0], 1)
	for i := 2; i+1 < len(args); i += 2 {
		before, after := strings.ReplaceAll(args[i], `\n`, "\n"), strings.ReplaceAll(args[i+1], `\n`, "\n")
		if !strings.Contains(yaml, before) {
			ts.Fatalf("the provider has no %q:\n%s", before, yaml)
		}
		yaml = strings.ReplaceAll(yaml, before, after)
	}
	own(ts, args[0], yaml)
}

// wayIn writes an own provider with one way into a service of the world: wayin ID SERVICE FILE [PATH],
// where the file holds the methods, BASE stands for the service's address, and PATH is what proves it.
func wayIn(ts *testscript.TestScript, _ bool, args []string) {
	world, _ := ts.Value(worldKey{}).(*sandbox.World)
	service := world.Service(args[1])
	before, rest, _ := strings.Cut(string(service.ProviderYAML()), "methods:\n")
	_, after, _ := strings.Cut(rest, "probe:\n")
	if len(args) > 3 {
		after = strings.Replace(after, service.URL()+"/api/orders", service.URL()+args[3], 1)
	}
	methods := strings.ReplaceAll(ts.ReadFile(args[2]), "BASE", service.URL())
	own(ts, args[0], strings.Replace(before, "id: "+args[1], "id: "+args[0], 1)+methods+"probe:\n"+after)
}

// own writes a provider into the script's data folder.
func own(ts *testscript.TestScript, id, yaml string) {
	folder := filepath.Join(ts.Getenv("RELINK_DATA_DIR"), "providers", id)
	ts.Check(os.MkdirAll(folder, 0o700))
	ts.Check(os.WriteFile(filepath.Join(folder, "provider.yaml"), []byte(yaml), 0o600))
}

// withPeer are the commands about a certified server, which is started when the first script wants it:
// "peer KEYFILE" adds it as the provider peer, by a code on another page; "approve NAME" enters the code
// that a running command printed, and allows, or not with "approve NAME deny".
func withPeer(t *testing.T, cmds map[string]func(*testscript.TestScript, bool, []string)) map[string]func(*testscript.TestScript, bool, []string) {
	start := sync.OnceValue(func() *peers.Peer { return peers.Start(t, peers.Options{}) })
	cmds["peer"] = func(ts *testscript.TestScript, _ bool, args []string) {
		peer := start()
		own(ts, "peer", strings.NewReplacer("kind: oauth2_code", "kind: oauth2_device", "      token_url:", "      device_url: "+peer.DeviceURL()+"\n      token_url:").
			Replace(string(peer.ProviderYAML(peers.Provider{}))))
		ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(peers.Secret+"\n"), 0o600))
	}
	code := regexp.MustCompile(`^[A-Z]{4}-[A-Z]{4}$`)
	cmds["approve"] = func(ts *testscript.TestScript, _ bool, args []string) {
		r := ts.Value(runningKey{}).(map[string]*running)[args[0]]
		ts.Check(start().Approve(t.Context(), r.line(isLink), r.line(code.MatchString), peers.Decision{Deny: len(args) > 1}))
	}
	return cmds
}

// types runs a command that prints a link, consents there and types the number that the page shows:
// types COMMAND ARG…
func types(ts *testscript.TestScript, _ bool, args []string) {
	world, _ := ts.Value(worldKey{}).(*sandbox.World)
	follow(ts, args, func(link string) (string, error) { return world.ConsentNumber(context.Background(), link, sandbox.Ana) })
}

// clientFile is the file that Google's console lets one download for the service's OAuth client.
func clientFile(service *sandbox.Service) ([]byte, error) {
	id, key := service.Client()
	return json.Marshal(map[string]any{"installed": map[string]any{"client_id": id, "client_secret": key, "redirect_uris": []string{"http://localhost"}}})
}
