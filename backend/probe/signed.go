package probe

import (
	"net/http"

	"relink/backend/oauth"
)

// signing is a transport that signs each request where the grant is one of OAuth 1.0a (RFC 5849 section
// 3), and next where it is not. Without all four values nothing is sent: errEmptySecret.
func signing(t *Target, next http.RoundTripper) (http.RoundTripper, error) {
	method, ok := t.Provider.Method(t.Grant.Method)
	if !ok || method.OAuth1 == nil {
		return next, nil
	}
	login := oauth.Login1{
		ConsumerKey: t.Grant.Public["consumer_key"], ConsumerSecret: t.Secrets["consumer_secret"],
		Token: t.Secrets["access_token"], TokenSecret: t.Secrets["token_secret"],
	}
	if login.ConsumerKey == "" || login.ConsumerSecret.Empty() || login.Token.Empty() || login.TokenSecret.Empty() {
		return nil, errEmptySecret
	}
	return oauth.Signed1(oauth.Server1{Signature: method.OAuth1.Signature, Realm: method.OAuth1.Realm}, login, next)
}
