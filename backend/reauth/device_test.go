package reauth_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/reauth"
	"relink/backend/secret"
	"relink/build/peers"
)

// peered is a world with a provider that is the certified server of build/peers.
func peered(t *testing.T, o peers.Options, replace ...string) (*parts, *peers.Peer) {
	t.Helper()
	p, peer := newParts(t), peers.Start(t, o)
	yaml := strings.NewReplacer(replace...).Replace(string(peer.ProviderYAML(peers.Provider{})))
	provider, err := catalog.Parse("peer", []byte(strings.ReplaceAll(yaml, "PEER", peer.Issuer)))
	check(t, err)
	check(t, p.catalog.Add(provider))
	return p, peer
}

// byDevice makes the peer's provider one whose way in is a code on another page.
var byDevice = []string{"kind: oauth2_code", "kind: oauth2_device", "      token_url:", "      device_url: PEER/device/auth\n      token_url:"}

func (p *parts) addPeer() integration.Step {
	p.t.Helper()
	return p.addTo("peer", map[string]string{"client_id": peers.Client}, map[string]string{"client_secret": peers.Secret})
}

func (p *parts) await(step integration.Step) integration.Step {
	p.t.Helper()
	end, err := p.reauth.Await(p.t.Context(), step.Flow)
	check(p.t, err)
	return end
}

func TestDeviceCodeIsEnteredElsewhereAndLeadsToAGrant(t *testing.T) {
	t.Parallel()
	p, peer := peered(t, peers.Options{}, byDevice...)
	step := p.addPeer()
	d := step.Device
	if step.Kind != integration.StepDevice || d.UserCode == "" || !strings.HasPrefix(d.URL, peer.Issuer) || d.Opened || time.Until(d.Deadline) > time.Minute {
		t.Fatalf("got %+v, device %+v", step, d)
	}
	check(t, peer.Approve(t.Context(), d.URL, d.UserCode, peers.Decision{}))
	end := p.await(step)
	if end.Outcome.Result != integration.ResultAdded || end.Outcome.Account.ID != peers.Account {
		t.Fatalf("ended with %+v", end.Outcome)
	}
	// Reconnecting asks for nothing but a new code, and a no leaves everything as it was.
	id := end.Outcome.IntegrationID
	before := p.kept(id)
	again := p.start(id)
	if again.Kind != integration.StepDevice || again.Device.UserCode == d.UserCode {
		t.Fatalf("got %+v", again)
	}
	check(t, peer.Approve(t.Context(), again.Device.URL, again.Device.UserCode, peers.Decision{Deny: true}))
	if end := p.await(again); end.Outcome.Result != integration.ResultDenied {
		t.Errorf("the no ended with %+v", end.Outcome)
	}
	if diff := cmp.Diff(before, p.kept(id)); diff != "" {
		t.Errorf("something changed:\n%s", diff)
	}
}

func TestL16DeviceCodeOfAnotherAccountIsNotTakenForThisOne(t *testing.T) {
	t.Parallel()
	p, peer := peered(t, peers.Options{}, byDevice...)
	step := p.addPeer()
	check(t, peer.Approve(t.Context(), step.Device.URL, step.Device.UserCode, peers.Decision{}))
	id := p.await(step).Outcome.IntegrationID
	before := p.kept(id)
	again := p.start(id)
	check(t, peer.Approve(t.Context(), again.Device.URL, again.Device.UserCode, peers.Decision{Account: "bia"}))
	end := p.await(again)
	if end.Kind != integration.StepConfirm || end.Question == nil || end.Question.Account.ID != "bia" {
		t.Fatalf("got %+v", end)
	}
	end, err := p.reauth.Answer(t.Context(), again.Flow, integration.Answer{Choice: integration.ChoiceKeep}, nil)
	check(t, err)
	if end.Outcome == nil || end.Outcome.Result != integration.ResultWrongAccount {
		t.Errorf("ended with %+v", end)
	}
	if diff := cmp.Diff(before, p.kept(id)); diff != "" {
		t.Errorf("something changed:\n%s", diff)
	}
}

func TestL15DeviceCodeThatNobodyEntersEndsWithItsTime(t *testing.T) {
	t.Parallel()
	p, peer := peered(t, peers.Options{DeviceTTL: 2 * time.Second}, byDevice...)
	end := p.await(p.addPeer())
	if end.Outcome.Result != integration.ResultTimedOut {
		t.Errorf("ended with %+v", end.Outcome)
	}
	for _, entry := range peer.Log(t) {
		if entry.Path == "/token" && entry.Status == http.StatusOK {
			t.Errorf("a token was given: %+v", entry)
		}
	}
}

func TestL15CancelledDeviceCodeIsAskedForNoMore(t *testing.T) {
	t.Parallel()
	p, peer := peered(t, peers.Options{}, byDevice...)
	step := p.addPeer()
	end, err := p.reauth.Cancel(step.Flow)
	check(t, err)
	if end.Outcome.Result != integration.ResultCancelled {
		t.Fatalf("ended with %+v", end.Outcome)
	}
	asked := len(peer.Log(t))
	if end := p.await(step); end.Outcome.Result != integration.ResultCancelled || len(peer.Log(t)) != asked {
		t.Errorf("afterwards %+v, %d requests", end.Outcome, len(peer.Log(t))-asked)
	}
}

// A page that is not the provider's could be a phisher's: nobody is shown it, and nothing is opened.
func TestD2DevicePageOfAnotherHostIsNeitherShownNorOpened(t *testing.T) {
	for _, page := range []string{"javascript:alert(1)", "https://evil.example/device", "http://127.0.0.2:1/device", "file:///etc/passwd", ""} {
		t.Run(page, func(t *testing.T) {
			p := newParts(t)
			fake := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				_ = json.NewEncoder(w).Encode(map[string]any{"device_code": "CNRY-device", "user_code": "ABCD-EFGH", "verification_uri": page, "expires_in": 60})
			}))
			defer fake.Close()
			p.provide("faked", "sample-analytics", "kind: oauth2_code", "kind: oauth2_device", "      token_url:", "      device_url: "+fake.URL+"/device\n      token_url:")
			var seen opened
			p.reauth.Browser = seen.open
			draft := reauth.Draft{ProviderID: "faked", Name: "Faked", Values: map[string]string{"client_id": "c"}}
			step, err := p.reauth.Add(t.Context(), draft, secret.Fields{"client_secret": secret.New("s")}, reauth.StartOptions{})
			if problems := integration.Problems(err); page != "" && (len(problems) != 1 || problems[0].Code != "server_address") {
				t.Errorf("shown: %+v, %v", step, err)
			}
			if step.Device != nil || len(seen.urls) != 0 {
				t.Errorf("shown %+v, opened %v", step.Device, seen.urls)
			}
		})
	}
}

// What is opened by itself is the page where the code is typed; the page with the code in it is for a click.
func TestD2PageWithTheCodeInItIsForAClickAlone(t *testing.T) {
	t.Parallel()
	p, _ := peered(t, peers.Options{}, byDevice...)
	var seen opened
	p.reauth.Browser = seen.open
	draft := reauth.Draft{ProviderID: "peer", Name: "Peer", Values: map[string]string{"client_id": peers.Client}}
	step, err := p.reauth.Add(t.Context(), draft, secret.Fields{"client_secret": secret.New(peers.Secret)}, reauth.StartOptions{})
	check(t, err)
	if d := step.Device; !d.Opened || !slices.Equal(seen.urls, []string{d.URL}) || strings.Contains(seen.urls[0], d.UserCode) || !strings.Contains(d.URLComplete, d.UserCode) {
		t.Errorf("opened %v for %+v", seen.urls, d)
	}
	check(t, p.reauth.OpenAgain(t.Context(), step.Flow))
	if len(seen.urls) != 2 || seen.urls[1] != step.Device.URLComplete {
		t.Errorf("opened %v", seen.urls)
	}
	_, err = p.reauth.Cancel(step.Flow)
	check(t, err)
}

func TestPeerClientThatIsRefusedADeviceCodeIsToldWhy(t *testing.T) {
	t.Parallel()
	p, _ := peered(t, peers.Options{}, byDevice...)
	step := p.addTo("peer", map[string]string{"client_id": peers.Client}, map[string]string{"client_secret": "wrong"})
	if step.Outcome == nil || step.Outcome.Result != integration.ResultExchange || step.Outcome.Finding.Cause != integration.CauseOAuthApp {
		t.Errorf("got %+v", step.Outcome)
	}
}

// A rotated client secret is mended without a new code, too, where the refresh token rotates.
func TestPeerTakesANewClientSecretByARenewal(t *testing.T) {
	t.Parallel()
	p, peer := peered(t, peers.Options{}, byDevice...)
	step := p.addPeer()
	check(t, peer.Approve(t.Context(), step.Device.URL, step.Device.UserCode, peers.Decision{}))
	id := p.await(step).Outcome.IntegrationID
	form, err := p.reauth.Start(context.WithoutCancel(t.Context()), id, reauth.StartOptions{NoBrowser: true, AskClient: true})
	check(t, err)
	end, err := p.reauth.Answer(t.Context(), form.Flow, integration.Answer{}, secret.Fields{"client_secret": secret.New(peers.Secret)})
	check(t, err)
	if end.Outcome == nil || end.Outcome.Result != integration.ResultReplaced || len(peer.Refreshes(t)) != 1 {
		t.Errorf("ended with %+v after %v", end, peer.Refreshes(t))
	}
}
