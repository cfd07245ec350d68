package reauth_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"relink/backend/integration"
	"relink/backend/reauth"
	"relink/backend/secret"
)

func TestFormWantsWhatTheSettingsCallFor(t *testing.T) {
	password := secret.Fields{"password": secret.New("right")}
	for _, c := range []struct {
		name, mechanism string
		typed           secret.Fields
		want            []string
	}{
		{"neither user nor password", "", nil, []string{"password: required", "username: required"}},
		{"no user", "SCRAM", password, []string{"username: required"}},
		{"a password where a certificate signs in", "MONGODB-X509", password, []string{"x509_cert: required", "x509_key: required"}},
	} {
		p := newParts(t)
		draft := reauth.Draft{ProviderID: "mongodb", Name: "Shop", Settings: map[string]string{"host": "db.example.com", "database": "shop", "auth_mechanism": c.mechanism}}
		_, err := p.reauth.Add(t.Context(), draft, c.typed, reauth.StartOptions{})
		var problems integration.InputErrors
		if !errors.As(err, &problems) {
			t.Fatalf("%s: %v", c.name, err)
		}
		var got []string
		for _, problem := range problems {
			got = append(got, problem.Field+": "+problem.Code)
		}
		slices.Sort(got)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}
