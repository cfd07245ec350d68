package monitor

import (
	"cmp"
	"slices"
	"time"

	"relink/backend/integration"
)

// Bond is what the integrations of a group have in common.
type Bond string

// The bonds, the widest first: an incident belongs to the first that holds it.
const (
	BondComputer Bond = "computer" // this computer is the cause
	BondProvider Bond = "provider" // one provider fails
	BondGrant    Bond = "grant"    // they use one sign-in
	BondAccount  Bond = "account"  // one account at one provider, with sign-ins of their own
	BondNone     Bond = ""         // it stands alone
)

// Group is one or more open incidents with one cause.
type Group struct {
	Bond Bond
	Seen []Seen // by name
}

// Together groups the integrations whose incident is open: one cause that hits many is one thing to
// read. Two are enough for a bond. The oldest group comes first.
func Together(all []Seen) []Group {
	bonds := []struct {
		bond Bond
		key  func(Seen) string
	}{
		{BondComputer, func(s Seen) string { return only(s.cause() == integration.CauseThisComputer, "this") }},
		{BondProvider, func(s Seen) string {
			return only(s.cause() == integration.CauseThirdParty, s.Integration.ProviderID)
		}},
		{BondGrant, func(s Seen) string { return s.Integration.GrantID }},
		{BondAccount, func(s Seen) string {
			return only(s.Grant.Account.ID != "", s.Grant.ProviderID+"\x00"+s.Grant.Account.ID)
		}},
	}
	left := slices.DeleteFunc(slices.Clone(all), func(s Seen) bool { return s.State.Incident == nil })
	slices.SortFunc(left, func(a, b Seen) int {
		return cmp.Or(cmp.Compare(a.Integration.Name, b.Integration.Name), cmp.Compare(a.Integration.ID, b.Integration.ID))
	})
	var groups []Group
	for _, b := range bonds {
		members := map[string][]Seen{}
		for _, s := range left {
			if key := b.key(s); key != "" {
				members[key] = append(members[key], s)
			}
		}
		for _, seen := range members {
			if len(seen) > 1 {
				groups = append(groups, Group{b.bond, seen})
			}
		}
		left = slices.DeleteFunc(left, func(s Seen) bool { return len(members[b.key(s)]) > 1 })
	}
	for _, s := range left {
		groups = append(groups, Group{BondNone, []Seen{s}})
	}
	slices.SortFunc(groups, func(a, b Group) int {
		return cmp.Or(a.opened().Compare(b.opened()), cmp.Compare(a.Seen[0].Integration.Name, b.Seen[0].Integration.Name))
	})
	return groups
}

// cause is that of the incident, as the last check saw it.
func (s Seen) cause() integration.Cause {
	if s.State.Finding.Verdict == integration.VerdictFailing {
		return s.State.Finding.Cause
	}
	return s.State.Incident.Finding.Cause
}

// opened is when the first of the group's incidents did.
func (g Group) opened() time.Time {
	first := g.Seen[0].State.Incident.OpenedAt
	for _, s := range g.Seen {
		if at := s.State.Incident.OpenedAt; at.Before(first) {
			first = at
		}
	}
	return first
}

func only(when bool, key string) string {
	if when {
		return key
	}
	return ""
}
