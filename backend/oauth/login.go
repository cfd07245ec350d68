package oauth

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
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
	object := make(url.Values, len(l.Params)+len(l.Secrets))
	for name, value := range l.Params {
		object.Set(name, value)
	}
	var sent []secret.Text
	for name, text := range l.Secrets {
		object.Set(name, text.Reveal())
		sent = append(sent, text)
	}
	s := Server{ClientAuth: clientAuthAbsent, Request: TokenRequest{Encoding: EncodingJSON}}
	got, err := e.post(ctx, s, l.URL, Client{}, object, nil, sent)
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
