package diagnosis

import (
	"math"
	"strconv"
	"strings"
	"time"

	"relink/backend/integration"
)

type text = integration.Text

// observation reads one sentence about what was seen from the evidence, and whether it was seen at all.
type observation func(integration.Evidence) (text, bool)

// observations are the sentences observation.* by the name that rules use.
var observations = map[string]observation{
	"vault": func(e integration.Evidence) (text, bool) {
		return keyed("observation.vault."+string(e.Vault), e.Vault != "")
	},
	"nothing": func(e integration.Evidence) (text, bool) { return keyed("observation.nothing_sent", !answered(e)) },
	"stage":   stoppedAt,
	"network": func(e integration.Evidence) (text, bool) {
		return keyed("observation.network."+string(e.Network), e.Network != integration.NetworkNone, "host", host(e))
	},
	"bastion": func(e integration.Evidence) (text, bool) {
		if e.Tunnel == nil || e.Tunnel.Problem == integration.TunnelNone {
			return text{}, false
		}
		return keyed("observation.bastion."+string(e.Tunnel.Problem), true, "bastion", e.Tunnel.Host, "host", host(e))
	},
	"online": func(e integration.Evidence) (text, bool) {
		return keyed("observation.online."+string(e.Online), e.Online != integration.OnlineUnasked)
	},
	"status": answeredStatus,
	"oauth":  oauthAnswer,
	"code": func(e integration.Evidence) (text, bool) {
		return keyed("observation.code", e.VendorCode != "", "code", e.VendorCode)
	},
	"html":    func(e integration.Evidence) (text, bool) { return keyed("observation.html", e.HTML) },
	"garbled": func(e integration.Evidence) (text, bool) { return keyed("observation.garbled", e.Malformed) },
	"clock":   clockSeen,
	"wait":    func(e integration.Evidence) (text, bool) { return counted("observation.wait", seconds(e.RetryAfter)) },
	"refusals": func(e integration.Evidence) (text, bool) {
		return counted("observation.refusals", e.Facts.RefusedInARow+1)
	},
	"cycle": func(e integration.Evidence) (text, bool) {
		if e.Cycle == nil || e.Cycle.Result == integration.CycleNone {
			return keyed("observation.cycle_none", e.Cycle != nil)
		}
		return keyed("observation.cycle", !e.Cycle.End.IsZero(), "cycleAt", moment(e.Cycle.End), "cycleState", e.Cycle.State)
	},
	"cycle_zone": func(e integration.Evidence) (text, bool) {
		if e.Cycle == nil {
			return text{}, false
		}
		return keyed("observation.cycle_zone", e.Cycle.Told != "" && e.Cycle.End.IsZero(), "told", e.Cycle.Told, "zone", e.Cycle.Zone, "cycleState", e.Cycle.State)
	},
	"addresses": func(e integration.Evidence) (text, bool) {
		return keyed("observation.addresses", addressChanged(e), "addressBefore", e.Facts.AddressBefore, "addressNow", e.Address)
	},
	"same_address": func(e integration.Evidence) (text, bool) {
		return keyed("observation.same_address", e.Address != "" && e.Address == e.Facts.AddressBefore, "addressNow", e.Address)
	},
	"obtained": func(e integration.Evidence) (text, bool) {
		return at("observation.obtained", "obtainedAt", e.Facts.ObtainedAt)
	},
	"used": func(e integration.Evidence) (text, bool) { return at("observation.used", "usedAt", e.Facts.UsedAt) },
	"expires": func(e integration.Evidence) (text, bool) {
		return at("observation.expires", "expiresAt", e.Facts.ExpiresAt)
	},
	"access": func(e integration.Evidence) (text, bool) {
		return at("observation.access_ended", "endedAt", e.Facts.AccessExpiresAt)
	},
	"interrupted": func(e integration.Evidence) (text, bool) {
		return keyed("observation.interrupted", e.Facts.Interrupted)
	},
	"disconnected": func(e integration.Evidence) (text, bool) {
		return at("observation.disconnected", "disconnectedAt", e.Facts.DisconnectedAt)
	},
	"access_until": func(e integration.Evidence) (text, bool) {
		t, ok := at("observation.access_until", "endsAt", e.Facts.AccessExpiresAt)
		return t, ok && e.At.Before(e.Facts.AccessExpiresAt)
	},
	"lifetime": func(e integration.Evidence) (text, bool) {
		return counted("observation.lifetime", days(e.Facts.Lifetime))
	},
	"idle": func(e integration.Evidence) (text, bool) {
		return counted("observation.idle", days(e.Facts.IdleLifetime))
	},
	"renewal": func(e integration.Evidence) (text, bool) {
		if e.Method == integration.MethodLoginToken && !e.Facts.Renewable {
			return keyed("observation.renewal.code", true)
		}
		return keyed("observation.renewal."+strconv.FormatBool(e.Facts.Renewable), true)
	},
	"account": func(e integration.Evidence) (text, bool) {
		return keyed("observation.account", name(e.Account) != "", "seen", name(e.Account))
	},
	"expected": func(e integration.Evidence) (text, bool) {
		return keyed("observation.expected", name(e.ExpectedAccount) != "", "expectedAccount", name(e.ExpectedAccount))
	},
	"missing": func(e integration.Evidence) (text, bool) {
		return keyed("observation.missing", len(e.MissingScopes) > 0, "missing", strings.Join(e.MissingScopes, ", "))
	},
	"proof": func(e integration.Evidence) (text, bool) {
		return keyed("observation.proof", e.Stage == integration.StageDone)
	},
	"lost": func(e integration.Evidence) (text, bool) {
		return keyed("observation.lost", len(e.Lost) > 0, "lost", lost(e))
	},
	"health": func(e integration.Evidence) (text, bool) {
		h := e.Health
		return keyed("observation.health."+string(h.State), h.State != integration.HealthUnasked && h.State != integration.HealthUnknown, "title", h.Title, "askedAt", moment(h.At))
	},
	"others": func(e integration.Evidence) (text, bool) {
		return keyed("observation.others", e.Fellows.Others > 0, "failing", strconv.Itoa(e.Fellows.OthersFailing), "all", strconv.Itoa(e.Fellows.Others))
	},
	"mates": func(e integration.Evidence) (text, bool) {
		return keyed("observation.mates", e.Fellows.Mates > 0, "failing", strconv.Itoa(e.Fellows.MatesFailing), "all", strconv.Itoa(e.Fellows.Mates))
	},
	"writable": func(e integration.Evidence) (text, bool) {
		return keyed("observation.writable", e.Server.Writable)
	},
	"lag": func(e integration.Evidence) (text, bool) {
		return keyed("observation.lag", e.Server.LagKnown, "seconds", strconv.Itoa(int(e.Server.Lag.Seconds())))
	},
	"issuer": func(e integration.Evidence) (text, bool) {
		return keyed("observation.issuer", e.SameIssuer >= manyHosts, "issuer", e.Certificate.Issuer, "hosts", strconv.Itoa(e.SameIssuer))
	},
	"resources": func(e integration.Evidence) (text, bool) {
		return counted("observation.resources", len(e.Resources))
	},
}

// exclusions are the sentences ruled_out.* by the name that rules use.
var exclusions = map[string]observation{
	"offline": func(e integration.Evidence) (text, bool) {
		return keyed("ruled_out.offline", answered(e) || e.Online == integration.OnlineYes)
	},
	"provider": func(e integration.Evidence) (text, bool) {
		return keyed("ruled_out.provider", answered(e) && e.HTTPStatus < 500)
	},
	"login": func(e integration.Evidence) (text, bool) { return keyed("ruled_out.login", !answered(e)) },
	"refused": func(e integration.Evidence) (text, bool) {
		return keyed("ruled_out.refused", !invalidGrant(e) && !dead(e))
	},
	"password": func(e integration.Evidence) (text, bool) { return keyed("ruled_out.password", true) },
	"age":      func(e integration.Evidence) (text, bool) { return keyed("ruled_out.age", wellBeforeItsEnd(e)) },
}

func seen(names []string, e integration.Evidence) []text {
	texts := pick(observations, names, e)
	if weakened(e) {
		texts = append(texts, text{Key: "observation.unconfirmed"})
	}
	return texts
}

func excluded(names []string, e integration.Evidence) []text { return pick(exclusions, names, e) }

func pick(from map[string]observation, names []string, e integration.Evidence) []text {
	texts := make([]text, 0, len(names))
	for _, n := range names {
		if t, ok := from[n](e); ok {
			texts = append(texts, t)
		}
	}
	return texts
}

// answered holds when anything came back from the other side.
func answered(e integration.Evidence) bool {
	return e.HTTPStatus != 0 || e.VendorCode != "" || e.OAuthError != "" || e.HTML || e.Malformed || e.Party == integration.PartyBastion
}

func keyed(key string, ok bool, args ...string) (text, bool) {
	t := text{Key: key}
	for i := 0; ok && i+1 < len(args); i += 2 {
		if t.Args == nil {
			t.Args = make(map[string]string, len(args)/2)
		}
		t.Args[args[i]] = args[i+1]
	}
	return t, ok
}

func counted(key string, n int) (text, bool) {
	return keyed(key, n > 0, "count", strconv.Itoa(n))
}

func at(key, arg string, t time.Time) (text, bool) { return keyed(key, !t.IsZero(), arg, moment(t)) }

func stoppedAt(e integration.Evidence) (text, bool) {
	return keyed("observation.stage."+string(e.Stage), e.Stage != "" && e.Stage != integration.StageDone, "host", host(e))
}

func answeredStatus(e integration.Evidence) (text, bool) {
	key := "observation.status"
	if e.Party == integration.PartyTokenEndpoint {
		key = "observation.token_status"
	}
	return keyed(key, e.HTTPStatus != 0, "status", strconv.Itoa(e.HTTPStatus))
}

func oauthAnswer(e integration.Evidence) (text, bool) {
	return keyed("observation.oauth", e.OAuthError != "", "error", e.OAuthError)
}

func clockSeen(e integration.Evidence) (text, bool) {
	key := "observation.clock.ahead"
	if e.ClockOffset < 0 {
		key = "observation.clock.behind"
	}
	return counted(key, int(math.Round(e.ClockOffset.Abs().Minutes())))
}

func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

func days(d time.Duration) int { return int(d.Hours() / 24) }
