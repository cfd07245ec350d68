package oauth

import (
	"net/url"
	"strings"

	"relink/backend/secret"
)

// Callback is the genuine answer to a Request: a code, or the server's refusal (RFC 6749 section
// 4.1.2). The texts are the server's, printable and at most 2 KiB.
type Callback struct {
	Code             secret.Text
	Error            string // access_denied, server_error …; "" when there is a code
	ErrorDescription string
	Told             map[string]string // what Server.Captured takes from the redirect, by name
}

// The codes of a CallbackError.
const (
	PastedNotURL     = "pasted_not_url"     // no address, or one of another page
	PastedNoCode     = "pasted_no_code"     // an address without an answer in it
	PastedWrongState = "pasted_wrong_state" // an answer to another request, or one that was used before
	PastedError      = "pasted_error"       // an answer that contradicts itself, or of another server
)

// CallbackError says why an address holds no genuine answer. It quotes nothing of it.
type CallbackError struct{ Code string }

// Error names the code.
func (e CallbackError) Error() string { return "the redirect address is not the answer: " + e.Code }

// maxPasted bounds what a person may paste.
const maxPasted = 16 << 10

// ParsePasted reads the address that the browser ended on, as a person pasted it: with spaces,
// quotes or angle brackets around it, perhaps. It takes an answer of r once; the error is a
// CallbackError. A refusal by the server is a Callback, not an error. For a request without a redirect
// (OutOfBand) it reads the number that the server's page shows.
func ParsePasted(r *Request, pasted string) (Callback, error) {
	pasted = strings.Trim(pasted, " \t\r\n\"'<>`\u00a0\u200b\ufeff“”‘’")
	if r.redirect == OutOfBand {
		return r.pin(pasted)
	}
	u, err := url.Parse(pasted)
	if err != nil || len(pasted) > maxPasted || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || !r.returnsTo(u) {
		return Callback{}, CallbackError{Code: PastedNotURL}
	}
	return r.answer(u.RawQuery)
}

// returnsTo says whether u is the redirect address that was asked for, or where the relay page sends on
// to, whatever its query.
func (r *Request) returnsTo(u *url.URL) bool {
	return leadsTo(u, r.redirect) || r.local != "" && leadsTo(u, r.local)
}

func leadsTo(u *url.URL, address string) bool {
	want, err := url.Parse(address)
	return err == nil && u.Scheme == want.Scheme && strings.EqualFold(u.Host, want.Host) &&
		strings.TrimSuffix(u.Path, "/") == strings.TrimSuffix(want.Path, "/")
}

// answer judges a redirect's query: every parameter once, our state, the right issuer, and either a
// code or an error. It takes the first genuine answer and refuses all others.
func (r *Request) answer(rawQuery string) (Callback, error) {
	query, err := url.ParseQuery(rawQuery)
	if err != nil || repeated(query) {
		return Callback{}, CallbackError{Code: PastedError}
	}
	code, refused, state := query.Get(r.codeParam), query.Get("error"), query.Get(r.stateParam)
	if r.stateParam == tokenParam {
		refused, state = refused1(query)
	}
	switch {
	case code == "" && refused == "":
		return Callback{}, CallbackError{Code: PastedNoCode}
	case !r.holds(state):
		return Callback{}, CallbackError{Code: PastedWrongState}
	case code != "" && refused != "", r.issuer != "" && query.Get("iss") != r.issuer, code != "" && !visible(code):
		// RFC 9207 section 2.4: a simple comparison of strings, before the code goes anywhere.
		return Callback{}, CallbackError{Code: PastedError}
	case !r.answered.CompareAndSwap(false, true):
		return Callback{}, CallbackError{Code: PastedWrongState}
	}
	return Callback{
		Code:             secret.New(code),
		Error:            printable(refused, maxCode),
		ErrorDescription: printable(query.Get("error_description"), maxDescription),
		Told:             captured(r.captured, "callback:", query.Get, code, r.state),
	}, nil
}

// repeated says whether a parameter occurs twice, which RFC 6749 section 3.1 forbids.
func repeated(query url.Values) bool {
	for _, all := range query {
		if len(all) > 1 {
			return true
		}
	}
	return false
}
