package reauth

import (
	"context"
	"slices"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/probe"
)

// sighting is what one provider made of a candidate.
type sighting struct {
	provider catalog.Provider
	evidence integration.Evidence
}

func (s sighting) done() bool { return s.evidence.Stage == integration.StageDone }

// sightings are the proof of a candidate: that of the flow's own provider first, then one of each
// other provider that uses the grant.
type sightings []sighting

// prove tries the candidate where it is to be used. The others are asked only about one that works.
func (c *Conversations) prove(ctx context.Context, f *flow, n candidate) sightings {
	run := func(p catalog.Provider, i integration.Integration) sighting {
		return sighting{p, c.Prober.Run(ctx, probe.Target{Provider: p, Integration: i, Grant: n.grant, Secrets: n.secrets})}
	}
	seen := sightings{run(f.provider, f.integration)}
	if !seen[0].done() {
		return seen
	}
	for _, k := range f.kin {
		if !slices.ContainsFunc(seen, func(s sighting) bool { return s.provider.ID == k.provider.ID }) {
			seen = append(seen, run(k.provider, k.integration))
		}
	}
	return seen
}

// refuse says why the candidate must not replace the old grant, or returns nil. The candidate's row
// carries then what the proof showed.
func (c *Conversations) refuse(f *flow, n *candidate, seen sightings) *integration.Outcome {
	own := seen[0]
	if own.evidence.Scopes != nil {
		n.grant.Scopes = own.evidence.Scopes
	}
	if own.evidence.Database && own.done() {
		n.grant.ExpiresAt = own.evidence.Server.PasswordEnds
	}
	for i, s := range seen {
		if i == 0 || s.done() {
			n.grant = n.grant.Seen(s.provider.ID, integration.Sight{Account: s.evidence.Account, Resources: s.evidence.Resources})
		}
	}
	for _, s := range seen {
		if old := f.old.As(s.provider.ID).Account; old.ID != "" && s.evidence.Account.ID != "" && old.ID != s.evidence.Account.ID {
			return &integration.Outcome{Result: integration.ResultWrongAccount, Account: s.evidence.Account, Expected: old}
		}
	}
	// A box that was not ticked explains a proof that failed, and is mended by ticking it.
	if missing := f.missing(n.grant.Scopes); len(missing) > 0 {
		return &integration.Outcome{Result: integration.ResultPartialScopes, Account: own.evidence.Account, Missing: missing}
	}
	for _, s := range seen {
		// Where the grant that is there works, the new one must be seen to work for all who use it.
		if !s.done() && !f.spent && (s.provider.ID == own.provider.ID || f.joins && !n.held) {
			finding := c.judgeOf(f, s.provider, s.evidence)
			return &integration.Outcome{Result: integration.ResultNotProven, Finding: &finding}
		}
	}
	if lost := f.lost(seen); len(lost) > 0 {
		return &integration.Outcome{Result: integration.ResultLostResources, Account: own.evidence.Account, Missing: named(lost)}
	}
	return nil
}

// missing are the scopes that are needed and not granted. An alias or a superset counts.
func (f *flow) missing(granted []string) []string { return probe.MissingScopes(f.scopes(), granted) }

// lost are the resources that the old grant saw and the new one does not. A list that goes on
// elsewhere proves nothing about what is not on it.
func (f *flow) lost(seen sightings) []integration.Resource {
	var lost []integration.Resource
	for _, s := range seen {
		if s.done() && !s.evidence.Partial {
			lost = append(lost, integration.Missing(f.old.As(s.provider.ID).Resources, s.evidence.Resources)...)
		}
	}
	return lost
}

// kept are the resources that the old grant saw and the new one sees too.
func (f *flow) kept(seen sightings) []integration.Resource {
	var both []integration.Resource
	for _, s := range seen {
		for _, r := range f.old.As(s.provider.ID).Resources {
			if slices.ContainsFunc(s.evidence.Resources, func(x integration.Resource) bool { return x.ID == r.ID }) {
				both = append(both, r)
			}
		}
	}
	return both
}

// unseen forgets what the providers that were not reached made of the grant, once it is another account's.
func (n candidate) unseen(f *flow, seen sightings) candidate {
	for _, k := range f.kin {
		if !slices.ContainsFunc(seen, func(s sighting) bool { return s.provider.ID == k.provider.ID && s.done() }) {
			n.grant = n.grant.Seen(k.provider.ID, integration.Sight{})
		}
	}
	return n
}

// named are resources as a person is told of them.
func named(resources []integration.Resource) []string {
	names := make([]string, len(resources))
	for i, r := range resources {
		names[i] = r.ID
		if r.Name != "" {
			names[i] = r.Name + " (" + r.ID + ")"
		}
	}
	return names
}
