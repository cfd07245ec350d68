package diagnosis

import (
	"slices"
	"strings"
	"time"

	"relink/backend/integration"
)

// The limits that the rules use.
const (
	clockTolerance = 5 * time.Minute    // beyond it signatures, certificates and expiries go wrong
	soon           = 7 * 24 * time.Hour // before the end of a grant
	recently       = 7 * 24 * time.Hour // since a grant was last used
	patience       = 2                  // earlier refusals that make this one the third in a row
	manyHosts      = 3                  // with one untrusted issuer: it is the network's, and not one server's
	outage         = 24 * time.Hour     // within it a token endpoint's refusals are one and the same
)

type when = func(integration.Evidence) bool

// all holds when every condition holds.
func all(conditions ...when) when {
	return func(e integration.Evidence) bool {
		return !slices.ContainsFunc(conditions, func(c when) bool { return !c(e) })
	}
}

// either holds when one of the conditions holds.
func either(conditions ...when) when {
	return func(e integration.Evidence) bool {
		return slices.ContainsFunc(conditions, func(c when) bool { return c(e) })
	}
}

func not(c when) when { return func(e integration.Evidence) bool { return !c(e) } }

func vault(state integration.VaultState) when {
	return func(e integration.Evidence) bool { return e.Vault == state }
}

func network(faults ...integration.NetworkFault) when {
	return func(e integration.Evidence) bool { return slices.Contains(faults, e.Network) }
}

func online(state integration.Online) when {
	return func(e integration.Evidence) bool { return e.Online == state }
}

func meaning(meanings ...integration.Meaning) when {
	return func(e integration.Evidence) bool { return slices.Contains(meanings, e.Meaning) }
}

func oauthError(codes ...string) when {
	return func(e integration.Evidence) bool { return slices.Contains(codes, e.OAuthError) }
}

func status(codes ...int) when {
	return func(e integration.Evidence) bool { return slices.Contains(codes, e.HTTPStatus) }
}

func statusIn(from, to int) when {
	return func(e integration.Evidence) bool { return e.HTTPStatus >= from && e.HTTPStatus <= to }
}

func party(p integration.Party) when {
	return func(e integration.Evidence) bool { return e.Party == p }
}

func stage(stages ...integration.Stage) when {
	return func(e integration.Evidence) bool { return slices.Contains(stages, e.Stage) }
}

func database(e integration.Evidence) bool    { return e.Database }
func ownHost(e integration.Evidence) bool     { return e.Database || e.OwnHost }
func malformed(e integration.Evidence) bool   { return e.Malformed }
func renewable(e integration.Evidence) bool   { return e.Facts.Renewable }
func interrupted(e integration.Evidence) bool { return e.Facts.Interrupted }
func anything(integration.Evidence) bool      { return true }

// tunnel holds when one of these problems was met at the SSH bastion.
func tunnel(problems ...integration.TunnelProblem) when {
	return func(e integration.Evidence) bool {
		return e.Tunnel != nil && slices.Contains(problems, e.Tunnel.Problem)
	}
}

// atBastion holds when a check stopped before the bastion had opened the way to the database.
func atBastion(e integration.Evidence) bool {
	return e.Tunnel != nil && stage(integration.StageDNS, integration.StageTCP, integration.StageSSHKey, integration.StageSSH, integration.StageForward)(e)
}

// done holds when the proof was seen, and nothing in the evidence contradicts it.
func done(e integration.Evidence) bool {
	return e.Stage == integration.StageDone && e.Network == integration.NetworkNone &&
		e.Meaning == integration.MeaningNone && !e.HTML && !e.Malformed
}

// unexplained holds when neither the catalog nor an OAuth error says what the answer means.
func unexplained(e integration.Evidence) bool {
	return e.Meaning == integration.MeaningNone && e.OAuthError == ""
}

// here holds for a host on this very computer, which needs no connection to be reached. Behind a
// bastion such an address means the bastion's own computer.
func here(e integration.Evidence) bool {
	if e.Tunnel != nil && e.Host != e.Tunnel.Host {
		return false
	}
	return e.Host == "localhost" || strings.HasPrefix(e.Host, "localhost:") || strings.HasPrefix(e.Host, "127.") || e.Host == "::1" || strings.HasPrefix(e.Host, "[::1]")
}

func clockOff(e integration.Evidence) bool { return e.ClockOffset.Abs() > clockTolerance }

// signsWithClock holds for methods whose requests carry the time, signed: a wrong clock alone gets them refused.
func signsWithClock(e integration.Evidence) bool {
	return e.Method == integration.MethodServiceAccount || e.Method == integration.MethodOAuth1
}

// consents holds for methods in which a person consents in a browser.
func consents(m integration.Method) bool {
	return m == integration.MethodOAuth2Code || m == integration.MethodOAuth2Device
}

func byConsent(e integration.Evidence) bool { return consents(e.Method) }

// invalidGrant holds for the OAuth error that ends a grant, in any HTTP status: some servers send it with 403 or 200.
func invalidGrant(e integration.Evidence) bool {
	return e.Party == integration.PartyTokenEndpoint && e.OAuthError == "invalid_grant"
}

// refusedForGood holds for answers that end the grant without saying why. Some servers say why: a
// documented text beside invalid_grant that names a locked user or an address outweighs the code.
func refusedForGood(e integration.Evidence) bool {
	return invalidGrant(e) && (e.Unconfirmed || !elsewhere(e)) || e.Meaning == integration.MeaningCredentialDead
}

// saidOtherwise holds where the provider documents a meaning of its own for an answer whose code speaks of the OAuth client.
func saidOtherwise(e integration.Evidence) bool {
	return e.Meaning != integration.MeaningNone && e.Meaning != integration.MeaningClientInvalid && !e.Unconfirmed
}

// elsewhere holds for meanings that a new login does not mend.
var elsewhere = meaning(integration.MeaningAccountDisabled, integration.MeaningAddressNotAllowed)

// bareRefusal holds for refusals that no document explains; one alone proves nothing.
func bareRefusal(e integration.Evidence) bool {
	switch {
	case e.Network != integration.NetworkNone:
		return false
	case e.Meaning == integration.MeaningAccessExpired:
		return e.Facts.Renewable
	case e.Meaning != integration.MeaningNone:
		return e.Unconfirmed && !invalidGrant(e) && dead(e)
	case e.Party == integration.PartyTokenEndpoint:
		return e.OAuthError == "" && e.HTTPStatus >= 400 && e.HTTPStatus < 500 && !busy(e)
	case e.Party == integration.PartyAPI:
		return e.OAuthError != "insufficient_scope" && (e.HTTPStatus == 401 || e.HTTPStatus == 403 && !e.HTML)
	}
	return false
}

// dead holds for meanings that end the credential.
var dead = meaning(integration.MeaningCredentialDead, integration.MeaningCredentialExpired, integration.MeaningCredentialRevoked,
	integration.MeaningLoginRefused, integration.MeaningPasswordExpired, integration.MeaningAccountDisabled)

// busy holds for 4xx statuses that say "not now" and nothing about the grant.
var busy = status(408, 409, 423, 425, 429)

// thirdInARow holds for a bare refusal that came at least three times while this computer was
// online. A web page is believed only when other hosts were seen to answer: it may be a firewall's.
func thirdInARow(e integration.Evidence) bool {
	sure := e.Online == integration.OnlineYes || e.Online == integration.OnlineUnasked && !e.HTML
	return bareRefusal(e) && e.Facts.RefusedInARow >= patience && RefusalIsNews(e) && sure
}

// bareForbidden holds for an API's 403 without explanation.
func bareForbidden(e integration.Evidence) bool {
	return bareRefusal(e) && e.Party == integration.PartyAPI && e.HTTPStatus == 403 && e.Meaning == integration.MeaningNone
}

// webPage holds for a web page or a redirect where data was expected, an unexplained one. An API's
// 401 is left out: servers dress it as a page.
func webPage(e integration.Evidence) bool {
	return unexplained(e) && !thirdInARow(e) && (e.HTML || e.HTTPStatus >= 300 && e.HTTPStatus < 400) &&
		!(e.Party == integration.PartyAPI && e.HTTPStatus == 401)
}

// life returns from when to when the grant lives, as far as the facts tell. A clock that is off makes them worthless.
func life(e integration.Evidence) (from, until time.Time, known bool) {
	if clockOff(e) || e.At.IsZero() {
		return from, until, false
	}
	f := e.Facts
	earliest := func(start, end time.Time) {
		if !known || end.Before(until) {
			from, until, known = start, end, true
		}
	}
	if !f.ExpiresAt.IsZero() {
		earliest(f.ObtainedAt, f.ExpiresAt)
	}
	if f.Lifetime > 0 && !f.ObtainedAt.IsZero() {
		earliest(f.ObtainedAt, f.ObtainedAt.Add(f.Lifetime))
	}
	if used := lastUse(f); f.IdleLifetime > 0 && !used.IsZero() {
		earliest(used, used.Add(f.IdleLifetime))
	}
	return from, until, known
}

func lastUse(f integration.GrantFacts) time.Time {
	if f.UsedAt.IsZero() {
		return f.ObtainedAt
	}
	return f.UsedAt
}

// pastItsLife holds when the grant is older, or was idle for longer, than it is known to live.
func pastItsLife(e integration.Evidence) bool {
	_, until, known := life(e)
	return known && !e.At.Before(until)
}

// wellBeforeItsEnd holds when more than a tenth of a known life is left and the grant was used not
// long ago, so that neither age nor idleness can have ended it.
func wellBeforeItsEnd(e integration.Evidence) bool {
	from, until, known := life(e)
	used := lastUse(e.Facts)
	if !known || used.IsZero() || from.IsZero() {
		return false
	}
	return until.Sub(e.At) > until.Sub(from)/10 && e.At.Sub(used) <= recently
}

// accessOver holds when the access token's stated end has passed and nothing can renew it.
func accessOver(e integration.Evidence) bool {
	end := e.Facts.AccessExpiresAt
	return !clockOff(e) && !e.Facts.Renewable && !end.IsZero() && !e.At.Before(end)
}

// disconnected holds when a person gave the grant back.
func disconnected(e integration.Evidence) bool { return !e.Facts.DisconnectedAt.IsZero() }

// endsSoon holds when the grant's end is known and near: seven days, or half of a life that is shorter
// than two weeks, as one of seven days would be said to end soon from its first minute.
func endsSoon(e integration.Evidence) bool {
	left, near := e.Facts.ExpiresAt.Sub(e.At), soon
	if from := e.Facts.ObtainedAt; !from.IsZero() {
		near = min(near, e.Facts.ExpiresAt.Sub(from)/2)
	}
	return !e.Facts.ExpiresAt.IsZero() && left > 0 && left <= near
}

// otherAccount holds when the answer came for somebody else than the grant belonged to.
func otherAccount(e integration.Evidence) bool {
	return e.ExpectedAccount.ID != "" && e.Account.ID != "" && e.Account.ID != e.ExpectedAccount.ID
}

// cycle holds when the last update of Commerce Intelligence's warehouse ended so.
func cycle(result integration.CycleResult) when {
	return func(e integration.Evidence) bool { return e.Cycle != nil && e.Cycle.Result == result }
}

func cycleLate(e integration.Evidence) bool { return e.Cycle != nil && e.Cycle.Late(e.At) }

// addressChanged holds when this computer's public address is known, now and at the last good check, and another.
func addressChanged(e integration.Evidence) bool {
	return e.Address != "" && e.Facts.AddressBefore != "" && e.Address != e.Facts.AddressBefore
}

func resourcesLost(e integration.Evidence) bool { return len(e.Lost) > 0 }

// manyOthersFail holds when at least two integrations of other accounts at the same provider, and most of them, fail without a verdict of their own.
func manyOthersFail(e integration.Evidence) bool {
	f := e.Fellows
	return f.OthersFailing >= 2 && 2*f.OthersFailing > f.Others
}

func scopesMissing(e integration.Evidence) bool { return len(e.MissingScopes) > 0 }
