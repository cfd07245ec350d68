package probe

import (
	"bytes"
	"cmp"
	"net/http"
	"strconv"
	"strings"
	"time"

	"relink/backend/catalog"
	"relink/backend/integration"
)

const (
	maxRetryAfter = 24 * time.Hour
	clockGrain    = 5 * time.Second // Date has whole seconds, and the answer was on its way
)

// judge writes down what an answer says. It is no verdict.
func (p *Prober) judge(t *Target, e *integration.Evidence, answer *http.Response, body []byte, tooLarge bool) {
	now := p.Now()
	e.HTTPStatus = answer.StatusCode
	if answer.TLS != nil {
		e.Certificate = certificate(answer.TLS.PeerCertificates)
	}
	e.RetryAfter = retryAfter(answer.Header.Get("Retry-After"), now)
	e.ClockOffset = clockOffset(answer.Header, now)
	e.HTML = isHTML(answer.Header.Get("Content-Type"), body)
	e.OAuthError = bearerError(answer.Header.Values("Www-Authenticate"))
	success := answer.StatusCode >= 200 && answer.StatusCode < 300
	readable := !tooLarge && wellFormed(body)
	e.Malformed = success && !e.HTML && !readable
	meant, ok, code := catalog.Match(t.Provider.Answers, "api", t.Grant.Method, answer.StatusCode, answer.Header, body, "")
	if ok {
		e.Meaning, e.Unconfirmed = meant.Meaning, meant.Unconfirmed
		e.VendorCode = printable(scrub(code, t), maxCode)
	}
	e.Stage = stageOf(e)
	if success && readable && !e.HTML && !ok {
		p.proof(t, e, answer.Header, body)
		if more := p.More[cmp.Or(t.Provider.Family, t.Provider.ID)]; more != nil && e.Stage == integration.StageDone {
			more(body, e)
		}
	}
	if e.Stage != integration.StageDone {
		e.Excerpt = excerpt(body, t)
	}
}

// stageOf is how far an answer shows that the request came.
func stageOf(e *integration.Evidence) integration.Stage {
	switch e.Meaning {
	case integration.MeaningCredentialDead, integration.MeaningCredentialExpired, integration.MeaningCredentialRevoked,
		integration.MeaningAccessExpired, integration.MeaningPasswordExpired, integration.MeaningKeyOrAddress, integration.MeaningLoginRefused,
		integration.MeaningAccountDisabled, integration.MeaningClientInvalid, integration.MeaningNoCredentialSent:
		return integration.StageSignIn
	case integration.MeaningScopeMissing, integration.MeaningPermissionDenied, integration.MeaningAddressNotAllowed, integration.MeaningAppBlocked:
		return integration.StagePermission
	case integration.MeaningNone:
		switch e.HTTPStatus {
		case http.StatusUnauthorized, http.StatusProxyAuthRequired:
			return integration.StageSignIn
		case http.StatusForbidden:
			return integration.StagePermission
		}
	}
	return integration.StageRequest
}

// steps are what the answer shows of the stages behind the connection.
func steps(reached integration.Stage) []integration.StepSeen {
	switch reached {
	case integration.StageSignIn:
		return []integration.StepSeen{{Stage: integration.StageSignIn}}
	case integration.StagePermission:
		return []integration.StepSeen{{Stage: integration.StageSignIn, OK: true}, {Stage: integration.StagePermission}}
	case integration.StageDone:
		return []integration.StepSeen{{Stage: integration.StageSignIn, OK: true}, {Stage: integration.StageRequest, OK: true}}
	}
	return []integration.StepSeen{{Stage: integration.StageRequest}}
}

// retryAfter reads RFC 9110 section 10.2.3: seconds, or a date. Garbage is no wait, and nothing
// makes us wait for more than a day.
func retryAfter(value string, now time.Time) time.Duration {
	if value == "" {
		return 0
	}
	if seconds, err := strconv.ParseUint(strings.TrimSpace(value), 10, 64); err == nil {
		return time.Duration(min(seconds, uint64(maxRetryAfter/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, min(at.Sub(now), maxRetryAfter))
	}
	return 0
}

// clockOffset is this computer's clock minus the server's, in whole seconds; 0 when they agree, or
// when the answer may come out of a cache.
func clockOffset(h http.Header, now time.Time) time.Duration {
	date := h.Get("Date")
	if date == "" || h.Get("Age") != "" {
		return 0
	}
	server, err := http.ParseTime(date)
	if err != nil {
		return 0
	}
	offset := now.Sub(server).Round(time.Second)
	if offset.Abs() <= clockGrain {
		return 0
	}
	return offset
}

// isHTML recognizes a web page by its type, or by how it begins.
func isHTML(contentType string, body []byte) bool {
	kind, _, _ := strings.Cut(contentType, ";")
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "text/html", "application/xhtml+xml":
		return true
	case "application/json":
		return false
	}
	start := bytes.ToLower(bytes.TrimLeft(body[:min(len(body), 512)], "\ufeff \t\r\n"))
	return bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.HasPrefix(start, []byte("<html"))
}

// bearerError is the error of a Bearer challenge (RFC 6750 section 3), "" without one.
func bearerError(challenges []string) string {
	for _, c := range challenges {
		scheme, params, _ := strings.Cut(c, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			continue
		}
		for part := range strings.SplitSeq(params, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
			if strings.EqualFold(name, "error") {
				return knownBearerError(strings.Trim(value, `"`))
			}
		}
	}
	return ""
}

// knownBearerError keeps the words that RFC 6750 section 3.1 defines.
func knownBearerError(word string) string {
	switch word {
	case "invalid_request", "invalid_token", "insufficient_scope":
		return word
	}
	return ""
}
