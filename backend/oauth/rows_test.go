package oauth_test

import (
	"bytes"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"relink/backend/oauth"
	"relink/backend/secret"
)

// kinds is a transport that notes the grant types that it is asked to send.
type kinds struct{ seen []string }

func (k *kinds) RoundTrip(r *http.Request) (*http.Response, error) {
	_ = r.ParseForm()
	k.seen = append(k.seen, r.PostForm.Get("grant_type"))
	return canned{status: 200, kind: "application/json", body: plainToken}.RoundTrip(r)
}

// A provider description is data that a person may write, so it is the code that keeps the grant out.
func TestL17PasswordGrantCannotBeAskedFor(t *testing.T) {
	sent := &kinds{}
	e := oauth.NewExchange(sent, time.Now)
	s := oauth.Server{
		TokenURL: "https://as.example/token", ClientAuth: oauth.ClientAuthBody, LongLived: nil,
		TokenParams: map[string]string{"grant_type": "password", "username": "ana", "password": "x"}, Request: oauth.TokenRequest{Code: "x", RefreshToken: "y"},
	}
	ctx := t.Context()
	_, _ = e.Code(ctx, s, client(), secret.New(canaryCode), secret.New(canaryVerifier), redirect)
	_, _ = e.Refresh(ctx, s, client(), secretRefresh())
	_, _ = e.ClientCredentials(ctx, s, client(), nil)
	_, _ = e.Assert(ctx, s, oauth.Assertion{Key: secret.New(rsaPEM().pkcs8)})
	_, _ = e.AwaitDevice(ctx, s, client(), oauth.DeviceCode{Code: secret.New("d"), ExpiresAt: time.Now().Add(time.Hour)})
	for _, grantType := range []string{"password", " PASSWORD", "urn:x:exchange"} {
		s.LongLived = &oauth.LongLived{GrantType: grantType, Token: "token"}
		_, _ = e.LongLived(ctx, s, client(), secretRefresh())
	}
	want := []string{"authorization_code", "refresh_token", "client_credentials", "urn:ietf:params:oauth:grant-type:jwt-bearer", "urn:ietf:params:oauth:grant-type:device_code", "urn:x:exchange"}
	if !slices.Equal(sent.seen, want) {
		t.Errorf("grant types %q, want %q", sent.seen, want)
	}
}

func TestL18NoSchemeOfOurOwnIsRegistered(t *testing.T) {
	read := 0
	err := filepath.WalkDir("../..", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() && (slices.Contains([]string{".git", "node_modules", "bin", "artefacts", "dist", "frontend"}, name)) {
			return fs.SkipDir
		}
		if entry.IsDir() || file == filepath.Join("../..", "backend", "oauth", "rows_test.go") {
			return nil
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		read++
		for _, words := range []string{"x-scheme-handler/", "CFBundleURLTypes", "OnUrlOpen", "URL Protocol"} {
			if bytes.Contains(content, []byte(words)) {
				t.Errorf("%s registers a scheme: %s", strings.TrimPrefix(file, "../../"), words)
			}
		}
		return nil
	})
	must(t, err)
	if read < 100 {
		t.Errorf("only %d files were read", read)
	}
}
