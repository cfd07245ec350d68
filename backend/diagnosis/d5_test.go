package diagnosis_test

import (
	"slices"
	"testing"
	"time"

	"relink/backend/diagnosis"
	in "relink/backend/integration"
)

// d5 is one row of the truth table D-5: which causes and statuses are right for a signal. Unknown is
// always allowed as a cause, except where the row asks for a status.
type d5 struct {
	signal   string
	evidence []in.Evidence
	causes   []in.Cause
	never    []in.Status // verdicts that would be wrong
	always   in.Status   // "" when any other status will do
}

func TestD5TruthTable(t *testing.T) {
	reauth := []in.Status{in.StatusNeedsReauthorization}
	rows := []d5{
		{signal: "invalid_grant with any HTTP status", always: in.StatusNeedsReauthorization,
			evidence: []in.Evidence{token(400, "invalid_grant"), token(401, "invalid_grant"), token(403, "invalid_grant"), token(200, "invalid_grant")},
			causes:   []in.Cause{in.CauseUnknown}},
		{signal: "invalid_grant past the known lifetime", always: in.StatusNeedsReauthorization,
			evidence: []in.Evidence{token(400, "invalid_grant", ninety(91*day, day)), token(403, "invalid_grant", idle(200*day))},
			causes:   []in.Cause{in.CauseExpired}},
		{signal: "invalid_grant well before it", always: in.StatusNeedsReauthorization,
			evidence: []in.Evidence{token(400, "invalid_grant", ninety(10*day, time.Hour)), token(401, "invalid_grant", idle(time.Hour))},
			causes:   []in.Cause{in.CauseAccountChange}},
		{signal: "429, 5xx, SERVFAIL, TLS failure, timeout at the token endpoint", never: reauth,
			evidence: []in.Evidence{token(429, ""), token(500, ""), token(502, "", page), token(503, "temporarily_unavailable"), token(503, "invalid_client"),
				fault(in.NetworkDNSFailing, in.StageDNS), fault(in.NetworkTLSOther, in.StageTLS), fault(in.NetworkTLSExpired, in.StageTLS),
				fault(in.NetworkTimeout, in.StageSignIn), fault(in.NetworkTimeout, in.StageTCP, online(in.OnlineNo))},
			causes: []in.Cause{in.CauseThirdParty, in.CauseThisComputer}},
		{signal: "invalid_client, unauthorized_client, redirect_uri_mismatch",
			evidence: []in.Evidence{token(401, "invalid_client"), token(400, "unauthorized_client"), token(400, "redirect_uri_mismatch")},
			causes:   []in.Cause{in.CauseOAuthApp}},
		{signal: "temporarily_unavailable, server_error in the redirect", never: reauth,
			evidence: []in.Evidence{token(0, "temporarily_unavailable"), token(0, "server_error")},
			causes:   []in.Cause{in.CauseThirdParty}},
		{signal: "access_denied in the redirect", never: reauth,
			evidence: []in.Evidence{token(0, "access_denied")},
			causes:   []in.Cause{in.CauseUnknown}},
		{signal: "insufficient_scope, 403 with a valid token",
			evidence: []in.Evidence{api(403, func(e *in.Evidence) { e.OAuthError = "insufficient_scope" }), api(403), api(403, refusedBefore(2)), api(403, means(in.MeaningPermissionDenied))},
			causes:   []in.Cause{in.CauseAccountChange}},
		{signal: "revocation by a change of the password", always: in.StatusNeedsReauthorization,
			evidence: []in.Evidence{token(400, "invalid_grant", ninety(40*day, 10*time.Minute)), token(400, "invalid_grant", means(in.MeaningCredentialRevoked))},
			causes:   []in.Cause{in.CauseAccountChange}},
		{signal: "everything fails at once, captive portal", never: append(reauth, in.StatusConnected),
			evidence: []in.Evidence{fault(in.NetworkDNSFailing, in.StageDNS, online(in.OnlineNo)), api(302), api(200, page), api(200, page, online(in.OnlineCaptive)),
				fault(in.NetworkTLSName, in.StageTLS), fault(in.NetworkTLSName, in.StageTLS, online(in.OnlineCaptive))},
			causes: []in.Cause{in.CauseThisComputer}},
		{signal: "expiry told in a 200 or a 403", always: in.StatusNeedsReauthorization,
			evidence: []in.Evidence{api(200, means(in.MeaningCredentialExpired)), api(403, means(in.MeaningCredentialExpired)), api(200, means(in.MeaningAccessExpired), func(e *in.Evidence) { e.Facts.Renewable = false })},
			causes:   []in.Cause{in.CauseExpired}},
		{signal: "local clock off by more than 5 minutes", never: reauth,
			evidence: []in.Evidence{api(401, clock(6*time.Minute)), api(401, clock(-2*time.Hour), means(in.MeaningAccessExpired)), fault(in.NetworkTLSExpired, in.StageTLS, clock(30*day))},
			causes:   []in.Cause{in.CauseThisComputer}},
		{signal: "HTTP 200 with a page or an error inside", never: []in.Status{in.StatusConnected, in.StatusExpiresSoon},
			evidence: []in.Evidence{api(200, page, online(in.OnlineYes)), api(200), api(200, garbled), api(200, means(in.MeaningServiceDown))},
			causes:   []in.Cause{in.CauseThirdParty}},
	}
	wrong, unknown, total := 0, 0, 0
	for _, row := range rows {
		for i, e := range row.evidence {
			f := diagnosis.Of(e)
			total++
			if f.Cause == in.CauseUnknown {
				unknown++
			}
			if f.Cause != in.CauseUnknown && !slices.Contains(row.causes, f.Cause) || slices.Contains(row.never, f.Status) || row.always != "" && f.Status != row.always {
				wrong++
				t.Errorf("%s, evidence %d: rule %s, cause %q, status %q", row.signal, i, f.Rule, f.Cause, f.Status)
			}
		}
	}
	t.Logf("%d verdicts, %d wrong, %d unknown", total, wrong, unknown)
}
