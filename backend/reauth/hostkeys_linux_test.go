package reauth_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"relink/backend/integration"
	"relink/backend/monitor"
	"relink/backend/reauth"
	"relink/backend/secret"
	"relink/backend/tunnel"
	"relink/backend/tunnel/bastiontest"
)

// shop is a database behind a bastion, and how it is added.
type shop struct {
	*parts
	bastion *bastiontest.Bastion
	draft   reauth.Draft
	secrets secret.Fields
}

func newShop(t *testing.T) *shop {
	t.Helper()
	host, port := bastiontest.Database(t)
	private, public, err := tunnel.NewKey()
	check(t, err)
	b := bastiontest.Start(t, bastiontest.Config{Authorized: []string{public}})
	return &shop{parts: newParts(t), bastion: b,
		draft: reauth.Draft{ProviderID: "postgresql", Name: "Shop", Values: map[string]string{"username": "postgres"}, Settings: map[string]string{
			"host": host, "port": port, "database": "postgres", "tls": "disable", "ssh_host": b.Host, "ssh_port": b.Port, "ssh_user": b.User}},
		secrets: secret.Fields{"password": secret.New("right"), "ssh_key": private},
	}
}

// begin adds the database and returns the first step.
func (s *shop) begin() integration.Step {
	s.t.Helper()
	step, err := s.reauth.Add(s.t.Context(), s.draft, s.secrets.Clone(), reauth.StartOptions{})
	check(s.t, err)
	return step
}

func (s *shop) choose(step integration.Step, choice string) integration.Step {
	s.t.Helper()
	step, err := s.reauth.Answer(s.t.Context(), step.Flow, integration.Answer{Choice: choice}, nil)
	check(s.t, err)
	return step
}

// added is the id of the database, added with its bastion's keys believed.
func (s *shop) added() string {
	s.t.Helper()
	step := s.choose(s.begin(), integration.ChoiceTrust)
	if step.Outcome == nil || step.Outcome.Result != integration.ResultAdded {
		s.t.Fatalf("not added: %s", ending(step))
	}
	return step.Outcome.IntegrationID
}

// ending is how a step ends a conversation, in short.
func ending(step integration.Step) string {
	if step.Outcome == nil {
		return fmt.Sprintf("a step of kind %s, problems %v", step.Kind, step.Problems)
	}
	return fmt.Sprintf("%s, finding %+v", step.Outcome.Result, step.Outcome.Finding)
}

func (s *shop) acts(what string) []integration.Act {
	s.t.Helper()
	all, err := s.store.Acts(s.t.Context(), "", 100)
	check(s.t, err)
	return slices.DeleteFunc(all, func(a integration.Act) bool { return a.What != what })
}

func (s *shop) state(id string) integration.State {
	s.t.Helper()
	state, err := s.monitor.Check(s.t.Context(), id, monitor.AfterCommit)
	check(s.t, err)
	return state
}

func TestH1HostKeysAreEnrolledOnceByAPersonWhoSawTheirFingerprints(t *testing.T) {
	s := newShop(t)
	step := s.begin()
	if step.Kind != integration.StepConfirm || step.Question.HostKeys == nil {
		t.Fatalf("asked %+v", step)
	}
	q := step.Question.HostKeys
	if q.Host != s.bastion.Address() || len(q.Before) != 0 || len(q.Now) != 3 || q.Now[0].Fingerprint != ssh.FingerprintSHA256(s.bastion.Key(0)) {
		t.Errorf("the question was %+v", q)
	}
	if s.bastion.SignIns() != 0 {
		t.Errorf("%d attempts to sign in before the person answered", s.bastion.SignIns())
	}
	if end := s.choose(step, integration.ChoiceKeep); end.Outcome.Result != integration.ResultCancelled || s.bastion.SignIns() != 0 || len(s.monitor.All()) != 0 {
		t.Errorf("after a no: %+v, %d attempts to sign in", end.Outcome, s.bastion.SignIns())
	}

	id := s.added()
	seen, err := s.monitor.One(id)
	check(t, err)
	if strings.Count(seen.Integration.HostKeys, "\n") != 3 || !seen.State.Finding.OK() {
		t.Errorf("enrolled %q, found %s", seen.Integration.HostKeys, seen.State.Finding.Rule)
	}
	if acts := s.acts("host_keys_enrolled"); len(acts) != 1 || !strings.Contains(acts[0].Args["now"], q.Now[2].Fingerprint) || acts[0].Args["bastion"] != s.bastion.Address() {
		t.Errorf("recorded %+v", acts)
	}
}

func TestH1ChangedHostKeyStopsChecksAndRepairsUntilAPersonReplacesIt(t *testing.T) {
	s := newShop(t)
	id := s.added()
	before := ssh.FingerprintSHA256(s.bastion.Key(0))
	s.bastion.Rekey("ed25519", "ecdsa", "rsa")
	s.bastion.Restart()
	now := ssh.FingerprintSHA256(s.bastion.Key(0))

	if state := s.state(id); state.Finding.Rule != "bastion-key-changed" || state.Status != integration.StatusNeedsReauthorization || state.Incident == nil {
		t.Errorf("found %s, %s", state.Finding.Rule, state.Status)
	}
	for _, begin := range []func() (integration.Step, error){
		func() (integration.Step, error) { return s.reauth.Start(t.Context(), id, reauth.StartOptions{}) },
		func() (integration.Step, error) { return s.reauth.RefreshHostKeys(t.Context(), id) },
	} {
		step, err := begin()
		check(t, err)
		q := step.Question.HostKeys
		if q == nil || len(q.Before) != 3 || q.Before[0].Fingerprint != before || len(q.Now) != 3 || q.Now[0].Fingerprint != now {
			t.Fatalf("the question was %+v", q)
		}
		if end := s.choose(step, integration.ChoiceKeep); end.Outcome.Result != integration.ResultCancelled || end.Outcome.Text.Key != "outcome.host_keys_kept" {
			t.Errorf("after a no: %+v", end.Outcome)
		}
	}
	if s.state(id).Finding.Rule != "bastion-key-changed" || s.bastion.SignIns() != 0 || len(s.acts("host_keys_refreshed")) != 0 {
		t.Errorf("%d attempts to sign in reached the bastion", s.bastion.SignIns())
	}

	step, err := s.reauth.RefreshHostKeys(t.Context(), id)
	check(t, err)
	end := s.choose(step, integration.ChoiceTrust)
	if end.Outcome.Result != integration.ResultHostKeys {
		t.Fatalf("the end was %+v", end.Outcome)
	}
	if state := s.state(id); !state.Finding.OK() || state.Incident != nil {
		t.Errorf("found %s afterwards", state.Finding.Rule)
	}
	if acts := s.acts("host_keys_refreshed"); len(acts) != 1 || !strings.Contains(acts[0].Args["before"], before) || !strings.Contains(acts[0].Args["now"], now) {
		t.Errorf("recorded %+v", acts)
	}
}

func TestRefreshThatCannotBeCompletedChangesNothing(t *testing.T) {
	s := newShop(t)
	id := s.added()
	seen, err := s.monitor.One(id)
	check(t, err)
	s.bastion.Stop()
	step, err := s.reauth.RefreshHostKeys(t.Context(), id)
	check(t, err)
	if o := step.Outcome; o == nil || o.Result != integration.ResultHostKeysFailed || o.Finding.Rule != "bastion-down" {
		t.Errorf("the end was %+v", step.Outcome)
	}
	if after, err := s.monitor.One(id); err != nil || after.Integration.HostKeys != seen.Integration.HostKeys {
		t.Errorf("the host keys changed: %v", err)
	}
	s.draft.Name = "Another"
	if step := s.begin(); step.Kind != integration.StepForm || step.Notice == nil || step.Notice.Key != "outcome.add.host_keys_failed" {
		t.Errorf("adding one behind a bastion that is down: %+v", step)
	}
}

func TestNewPasswordKeepsTheKeyOfTheBastion(t *testing.T) {
	s := newShop(t)
	id := s.added()
	step, err := s.reauth.Start(t.Context(), id, reauth.StartOptions{})
	check(t, err)
	if step.SSHKey == nil || !strings.Contains(step.SSHKey.Line, `permitopen="`+s.draft.Settings["host"]+":"+s.draft.Settings["port"]+`"`) {
		t.Errorf("the public half is not shown: %+v", step.SSHKey)
	}
	step, err = s.reauth.Answer(t.Context(), step.Flow, integration.Answer{Values: step.Values}, secret.Fields{"password": secret.New("right")})
	check(t, err)
	if step.Outcome == nil || step.Outcome.Result != integration.ResultReplaced {
		t.Fatalf("not the end: %s", ending(step))
	}
	if state := s.state(id); !state.Finding.OK() {
		t.Errorf("found %s afterwards", state.Finding.Rule)
	}
}

func TestH4KeyThatRelinkMakesIsShownAsItsPublicHalfAndLiesInTheVaultAlone(t *testing.T) {
	s := newShop(t)
	delete(s.secrets, "ssh_key")
	s.draft.Choice = reauth.ChoiceMakeKey
	step := s.begin()
	if step.Kind != integration.StepForm || step.SSHKey == nil || !strings.HasPrefix(step.SSHKey.Public, "ssh-ed25519 ") {
		t.Fatalf("the step was %+v", step)
	}
	if text := fmt.Sprintf("%+v", step); strings.Contains(text, "PRIVATE KEY") {
		t.Error("the step holds the private half")
	}
	installed := s.install(step.SSHKey.Install)
	step, err := s.reauth.Answer(t.Context(), step.Flow, integration.Answer{Values: step.Values}, nil)
	check(t, err)
	step = s.choose(step, integration.ChoiceTrust)
	if step.Outcome == nil || step.Outcome.Result != integration.ResultAdded {
		t.Fatalf("not the end: %s", ending(step))
	}
	seen, err := s.monitor.One(step.Outcome.IntegrationID)
	check(t, err)
	text, err := s.vault.Get(context.Background(), seen.Grant.VaultKey())
	check(t, err)
	held, err := secret.Open(text)
	check(t, err)
	public, err := tunnel.PublicKey(held["ssh_key"], secret.Text{})
	if err != nil || !strings.Contains(installed, strings.Fields(public)[1]) {
		t.Errorf("the vault holds another key: %v", err)
	}
	for _, name := range []string{"relink.db", "relink.db-wal"} {
		if content, err := os.ReadFile(filepath.Join(s.dir, name)); err == nil && strings.Contains(string(content), "OPENSSH PRIVATE KEY") {
			t.Errorf("%s holds a private key", name)
		}
	}
}

// install runs the command that a person would run on the bastion, and returns the file that it wrote.
func (s *shop) install(command string) string {
	s.t.Helper()
	home := s.t.TempDir()
	run := exec.Command("sh", "-c", command)
	run.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH")}
	if out, err := run.CombinedOutput(); err != nil {
		s.t.Fatalf("%s: %v: %s", command, err, out)
	}
	written, err := os.ReadFile(filepath.Join(home, ".ssh", "authorized_keys"))
	check(s.t, err)
	s.bastion.Authorize(strings.TrimSpace(string(written)))
	return string(written)
}
