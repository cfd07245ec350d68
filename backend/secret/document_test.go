package secret_test

import (
	"errors"
	"strings"
	"testing"

	"relink/backend/secret"
)

func TestDocumentTellsOnlyWhatIsPublic(t *testing.T) {
	file := secret.New("\ufeff" + `{"type":"x","installed":{"client_id":"id","client_secret":"CNRY","list":["CNRY"],"n":1},"a":{"b":{"c":{"d":"deep"}}}}`)
	public, secrets, err := secret.Document(file, "installed.client_id")
	if err != nil {
		t.Fatal(err)
	}
	if len(public) != 1 || public["installed.client_id"] != "id" {
		t.Errorf("public: %v", public)
	}
	if secrets["installed.client_secret"].Reveal() != "CNRY" || secrets["type"].Reveal() != "x" || len(secrets) != 2 {
		t.Errorf("secrets: %d entries", len(secrets))
	}
}

func TestDocumentRefusesWhatIsNoObjectAndQuotesNothing(t *testing.T) {
	for _, text := range []string{"", "CNRY", `"CNRY"`, "[1]", "null", "{", `{"a":"` + strings.Repeat("x", 70<<10) + `"}`} {
		_, _, err := secret.Document(secret.New(text))
		if !errors.Is(err, secret.ErrDocument) || strings.Contains(err.Error(), "CNRY") {
			t.Errorf("%.20q: %v", text, err)
		}
	}
}
