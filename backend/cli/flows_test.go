package cli_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"relink/backend/sandbox"
)

// running is a command of a script that goes on beside it.
type running struct {
	cmd  *exec.Cmd
	out  bytes.Buffer
	told chan struct{} // closed when its standard error has ended
	said []string
}

type runningKey struct{}

// begins starts a command and goes on as soon as it has printed a link: begins NAME COMMAND ARG…
func begins(ts *testscript.TestScript, _ bool, args []string) {
	path, err := exec.LookPath(args[1])
	ts.Check(err)
	r := &running{cmd: exec.Command(path, args[2:]...), told: make(chan struct{})}
	r.cmd.Dir, r.cmd.Env, r.cmd.Stdout = ts.Getenv("WORK"), environment(ts), &r.out
	said, err := r.cmd.StderrPipe()
	ts.Check(err)
	ts.Check(r.cmd.Start())
	linked := make(chan struct{})
	go func() {
		defer close(r.told)
		found := false
		lines := bufio.NewScanner(said)
		for lines.Scan() {
			r.said = append(r.said, lines.Text())
			if !found && strings.HasPrefix(strings.TrimSpace(lines.Text()), "http") {
				found = true
				close(linked)
			}
		}
	}()
	ts.Value(runningKey{}).(map[string]*running)[args[0]] = r
	select {
	case <-linked:
	case <-r.told:
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
	folder := filepath.Join(ts.Getenv("RELINK_DATA_DIR"), "providers", args[0])
	ts.Check(os.MkdirAll(folder, 0o700))
	ts.Check(os.WriteFile(filepath.Join(folder, "provider.yaml"), []byte(yaml), 0o600))
}

// clientFile is the file that Google's console lets one download for the service's OAuth client.
func clientFile(service *sandbox.Service) ([]byte, error) {
	id, key := service.Client()
	return json.Marshal(map[string]any{"installed": map[string]any{"client_id": id, "client_secret": key, "redirect_uris": []string{"http://localhost"}}})
}
