// Package diagnosis answers what a piece of evidence means: whether the integration works, and if
// not, whose doing it is and what mends it.
//
// # Why
// It is one ordered table (rules.go), read from the top, first match wins, and it is pure: no clock,
// no network, no disk. So every verdict can be tested as a value, and the same evidence yields the
// same finding in a test, in the window and in a support bundle. Evidence that no row matches is
// answered "unknown" and says so: that is our gap, and becomes a new row with a case.
package diagnosis

import (
	"slices"

	"relink/backend/integration"
)

// Of returns the finding of the first rule that the evidence matches, with the observations behind it.
func Of(e integration.Evidence) integration.Finding { return Explain(Verdict(e), e) }

// Verdict is Of without the observations: what a check needs, at half of the cost.
func Verdict(e integration.Evidence) integration.Finding {
	for i := range rules {
		if rules[i].When(e) {
			return rules[i].finding(e)
		}
	}
	return integration.Finding{} // the last rule matches everything
}

// Explain adds the observations behind a finding, and what was ruled out, from the evidence that led to
// it. A finding by a rule that is no longer in the table stays as it is.
func Explain(f integration.Finding, e integration.Evidence) integration.Finding {
	for i := range rules {
		if rules[i].Name == f.Rule {
			f.Known, f.RuledOut = append(seen(rules[i].Known, e), changes(e)...), excluded(rules[i].RuledOut, e)
			break
		}
	}
	return f
}

// CountsAsRefusal says whether the evidence is a refusal that no document explains: a bare 401 or
// 403, a token endpoint's 4xx without an OAuth error, an unconfirmed code. Whoever keeps
// GrantFacts.RefusedInARow counts these, and starts again at 0 after any other evidence that got an
// answer.
func CountsAsRefusal(e integration.Evidence) bool {
	return e.Stage != integration.StageDone && bareRefusal(e)
}

// RefusalIsNews says whether a refusal counts beside the earlier ones. A token endpoint's 4xx without an
// OAuth error is no verdict, and one that comes all day long is one outage: it counts once a day, so that
// a provider's trouble does not end a grant.
func RefusalIsNews(e integration.Evidence) bool {
	since := e.At.Sub(e.Facts.RefusedAt)
	return e.Party != integration.PartyTokenEndpoint || e.Facts.RefusedAt.IsZero() || since >= outage || since < 0
}

// Rules returns the table, in the order in which it is read.
func Rules() []Rule { return slices.Clone(rules) }

// Rule is one row of the table. Its finding is data; only When looks at evidence.
type Rule struct {
	Name       string // kebab-case; the locale keys finding.NAME.what, .why and .do
	Doc        string // when it applies, and why it says what it says
	When       func(integration.Evidence) bool
	Verdict    integration.Verdict
	Cause      integration.Cause
	Status     integration.Status
	Confidence integration.Confidence
	Next       integration.NextStep // nextRepair: whichever repairs the grant's method
	Definitive bool
	Latch      bool
	Args       []string // names in the table of args.go
	Known      []string // names in the table of observations.go; those that the evidence does not hold are left out
	RuledOut   []string // likewise
}

// nextRepair stands for the step that replaces the grant: reconnect for a consent, update_credentials for the rest.
const nextRepair integration.NextStep = ""

// finding fills the row in for the evidence that it matched.
func (r Rule) finding(e integration.Evidence) integration.Finding {
	f := integration.Finding{
		Verdict: r.Verdict, Cause: r.Cause, Rule: r.Name, Status: r.Status, Confidence: r.Confidence,
		Next: r.Next, Definitive: r.Definitive, Latch: r.Latch,
		Args: args(r.Args, e),
	}
	if f.Next == nextRepair {
		f.Next = repair(e.Method)
	}
	if f.Status == integration.StatusRetrying {
		f.RetryAfter = e.RetryAfter
	}
	if weakened(e) && f.Confidence == integration.Certain {
		f.Confidence = integration.Likely
	}
	return f
}

// repair is how a grant of the method is replaced.
func repair(m integration.Method) integration.NextStep {
	if consents(m) {
		return integration.NextReconnect
	}
	return integration.NextUpdateCredentials
}

// weakened says that the catalog's rule behind the meaning was never confirmed, and that nothing else decided.
func weakened(e integration.Evidence) bool {
	return e.Unconfirmed && e.Meaning != integration.MeaningNone && !invalidGrant(e)
}
