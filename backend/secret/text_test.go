package secret_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"relink/backend/secret"
)

const canary = "CNRY-token-0123456789abcdef"

// holder is how a Text travels: in structs, maps and pointers.
type holder struct {
	Open   secret.Text
	hidden secret.Text
	Ptr    *secret.Text
	Map    map[string]secret.Text
	Any    any
}

func held() holder {
	t := secret.New(canary)
	return holder{Open: t, hidden: t, Ptr: &t, Map: map[string]secret.Text{"refresh_token": t}, Any: t}
}

func TestS2NoVerbPrintsASecret(t *testing.T) {
	values := []any{secret.New(canary), held(), new(held()), []secret.Text{secret.New(canary)}, secret.Fields{"a": secret.New(canary)}}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p", "%T", "%c", "%U", "%e", "%08v", "%-20s"} {
		for _, value := range values {
			if got := fmt.Sprintf(verb, value); strings.Contains(got, canary) || strings.Contains(got, fmt.Sprintf("%x", canary)) {
				t.Errorf("%s of %T prints the secret: %s", verb, value, got)
			}
		}
	}
	if got := fmt.Sprint(secret.New(canary)); got != secret.Mask {
		t.Errorf("Sprint gives %q, want the mask", got)
	}
	if got := fmt.Errorf("refused %v: %w", secret.New(canary), errors.New("x")).Error(); strings.Contains(got, canary) {
		t.Errorf("an error holds the secret: %s", got)
	}
}

func TestS2NoLoggerWritesASecret(t *testing.T) {
	var out bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(h).Info("kept", "token", secret.New(canary), "holder", held(), "fields", secret.Fields{"a": secret.New(canary)}, "group", slog.GroupValue(slog.Any("t", secret.New(canary))))
	}
	if strings.Contains(out.String(), canary) {
		t.Errorf("the log holds the secret: %s", out.String())
	}
	if !strings.Contains(out.String(), "token="+secret.Mask) {
		t.Errorf("the log does not show the mask: %s", out.String())
	}
}

func TestS2NoMarshallerTakesASecret(t *testing.T) {
	for _, value := range []any{secret.New(canary), held(), secret.Fields{"a": secret.New(canary)}} {
		if b, err := json.Marshal(value); err == nil {
			t.Errorf("%T became JSON: %s", value, b)
		}
	}
	if b, err := secret.New(canary).MarshalText(); err == nil {
		t.Errorf("became text: %s", b)
	}
}

func TestTextRevealsWhatItWasGiven(t *testing.T) {
	if got := secret.New(canary).Reveal(); got != canary {
		t.Errorf("revealed %q", got)
	}
	if empty := secret.New(""); !empty.Empty() || empty.Reveal() != "" || (secret.Text{}).Reveal() != "" {
		t.Error("an empty Text is not empty")
	}
	if secret.New(canary).Empty() {
		t.Error("a full Text is empty")
	}
}

func TestFieldsSurviveSealing(t *testing.T) {
	in := secret.Fields{"access_token": secret.New("a\x00\n\"é"), "refresh_token": secret.New("b"), "empty": secret.Text{}}
	out, err := secret.Open(secret.Seal(in))
	if err != nil {
		t.Fatal(err)
	}
	if len(out) != 2 || out["access_token"].Reveal() != "a\x00\n\"é" || out["refresh_token"].Reveal() != "b" {
		t.Errorf("got back %d fields", len(out))
	}
	copied := in.Clone()
	copied["refresh_token"] = secret.New("c")
	if in["refresh_token"].Reveal() != "b" {
		t.Error("a clone shares its fields")
	}
}

func TestOpeningADamagedSealSaysSo(t *testing.T) {
	for _, text := range []string{"", "null", "[]", `{"a":1}`, `{"a":"b"`, "x"} {
		if _, err := secret.Open(secret.New(text)); !errors.Is(err, secret.ErrCorrupt) {
			t.Errorf("%q: got %v", text, err)
		}
	}
}
