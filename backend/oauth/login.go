package oauth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"unicode/utf8"

	"relink/backend/secret"
)

// Login is a trade of a user's name and password for an access token at a server that has no OAuth: one
// JSON object, posted.
type Login struct {
	URL     string
	Params  map[string]string      // the object's members that are no secret
	Secrets map[string]secret.Text // and those that are
	Token   string                 // gjson path of the token in the answer; "" where the whole answer is one JSON string
}

// Login makes the trade, once. The token has no end of its own: the answer states none. Errors are those of Code;
// the refusal's Detail has the server's own words, as there is no OAuth error.
func (e *Exchange) Login(ctx context.Context, l Login) (Token, error) {
	if _, err := safeURL(l.URL); err != nil {
		return Token{}, fmt.Errorf("token endpoint: %w", err)
	}
	object := make(map[string]string, len(l.Params)+len(l.Secrets))
	maps.Copy(object, l.Params)
	var sent []secret.Text
	for name, text := range l.Secrets {
		object[name] = text.Reveal()
		sent = append(sent, text)
	}
	body, err := json.Marshal(object)
	if err != nil {
		return Token{}, errors.New("the credentials cannot be written as JSON")
	}
	req, err := http.NewRequest(http.MethodPost, l.URL, bytes.NewReader(body))
	if err != nil {
		return Token{}, errors.New("the token endpoint's address cannot be used")
	}
	req.GetBody = nil // nothing is sent twice
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "Relink")
	got, err := e.ask(ctx, req, sent)
	if err != nil {
		return Token{}, err
	}
	return got.login(l.Token)
}

// login reads the token at the path, or the whole answer as one, or returns a Refusal.
func (a answer) login(path string) (Token, error) {
	value := json.RawMessage(bytes.TrimSpace(bytes.TrimPrefix(a.body, []byte("\ufeff"))))
	if path != "" {
		m, _ := a.members()
		value = m.at(path, "")
	}
	access, ok := text(value)
	if a.broken || a.status/100 != 2 || !ok || !utf8.ValidString(access) || !visible(access) || strings.Contains(access, " ") {
		return Token{}, a.refusal(TokenAnswer{AccessToken: path, Message: "message"})
	}
	return Token{Access: secret.New(access), Type: "Bearer"}, nil
}
