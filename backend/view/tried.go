package view

import (
	"maps"
	"slices"
	"time"

	"relink/backend/integration"
)

// advised are the rules whose advice counts on the next check and says more than to wait for it.
var advised = []string{
	"bastion-down", "bastion-reaches-no-database", "bastion-speaks-no-ssh", "certificate-expired", "connection-limit",
	"database-not-running", "database-silent", "host-unreachable", "name-unknown", "not-found", "oauth-error-unknown",
	"own-name-unknown", "own-web-page", "proof-missing", "request-rejected",
}

// tooMany is the rule of a service that is asked too often; usualPause is how long to wait where it names no time.
const (
	tooMany    = "rate-limited"
	usualPause = time.Minute
)

// TriedOf puts a finding about a login that was tried and not kept into words. No check will try that login
// again, so that its advice never is to wait for one: locale keys tried.RULE, tried.wait and tried.pause.
func TriedOf(f integration.Finding, s Source) *Finding {
	v := FindingOf(f, s)
	switch {
	case v == nil:
	case slices.Contains(advised, f.Rule):
		v.Do.Key = "tried." + f.Rule
	case f.Next == integration.NextWait && (f.RetryAfter > 0 || f.Rule == tooMany):
		v.Do = Text{Key: "tried.pause", Args: maps.Clone(v.Do.Args)}
		v.Do.Args["againAt"] = Stamp(s.Now.Add(max(f.RetryAfter, usualPause)))
	case f.Next == integration.NextWait:
		v.Do.Key = "tried.wait"
	}
	return v
}
