package alert

import "relink/backend/integration"

// group is what integrations have in common when they are one thing to tell: one cause at one provider, on
// this computer, or inside Commerce Intelligence. A service in trouble fails in many ways at once (503, no answer, a web page, a refusal of
// everybody), so the rule that found it tells no two groups apart.
type group struct {
	cause    integration.Cause
	provider string // "" for this computer, and for Commerce Intelligence, which is behind for all providers
	asked    bool   // a reminder of what somebody was asked for is told by itself
}

func groupOf(f integration.Finding, providerID string) group {
	g := group{cause: f.Cause, provider: providerID, asked: f.Rule == integration.RuleAsked}
	if f.Cause == integration.CauseThisComputer || f.Cause == integration.CauseCommerceIntelligence {
		g.provider = ""
	}
	return g
}

// bond is what decides with whom something is told.
type bond struct {
	group   group
	grantID string // the sign-in; "" where it is not known
}

// join says whether groups that meet in one sign-in are one thing to tell: one account at providers of one
// family. That a service does not answer says nothing about the sign-in.
func (b bond) join() bool {
	return b.grantID != "" && !b.group.asked && b.group.cause != integration.CauseThirdParty
}

// together splits what is to be told by what it has in common, and keeps the order within.
func together[T any](all []T, of func(T) bond) [][]T {
	type account struct {
		cause integration.Cause
		grant string
	}
	to := map[group]group{} // towards the group that stands for several
	root := func(g group) group {
		for {
			next, ok := to[g]
			if !ok {
				return g
			}
			g = next
		}
	}
	first := map[account]group{}
	for _, one := range all {
		b := of(one)
		if !b.join() {
			continue
		}
		key := account{b.group.cause, b.grantID}
		if known, met := first[key]; !met {
			first[key] = b.group
		} else if a, b := root(known), root(b.group); a != b {
			to[b] = a
		}
	}
	at := map[group]int{}
	var parts [][]T
	for _, one := range all {
		g := root(of(one).group)
		i, known := at[g]
		if !known {
			i = len(parts)
			at[g], parts = i, append(parts, nil)
		}
		parts[i] = append(parts[i], one)
	}
	return parts
}

func bondOf(a integration.Alert) bond {
	return bond{groupOf(a.Finding, a.ProviderID), a.GrantID}
}

func bondOfOutage(o integration.Outage) bond {
	return bond{groupOf(o.Incident.Finding, o.ProviderID), o.GrantID}
}
