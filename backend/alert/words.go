package alert

import (
	"strconv"
	"strings"
	"unicode"

	"relink/backend/integration"
	"relink/backend/locale"
)

// How much of a name a notice or the menu shows, in characters, and how many names.
const (
	nameLimit   = 60
	namesListed = 3
)

// clean makes a name that somebody else chose safe to show in one line: no control or formatting
// characters (a right-to-left override can turn a sentence around), and of bounded length. The end
// of an XML text block is broken up, because Windows' notifications are written into one.
func clean(s string) string {
	if len(s) > 8*nameLimit {
		s = s[:8*nameLimit]
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == unicode.ReplacementChar, unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	s = strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "]]>", "]] >")
	if runes := []rune(s); len(runes) > nameLimit {
		s = string(runes[:nameLimit-1]) + "…"
	}
	return s
}

// markup escapes plain text for a notification body, which freedesktop's services read as markup.
func markup(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;").Replace(s)
}

// single words the notice about one broken integration. It names no account: a lock screen shows it too.
func single(p locale.Printer, a integration.Alert) Notice {
	n := Notice{ID: a.IncidentID, IntegrationID: a.IntegrationID}
	n.Title = p.T(known(p, "notice.title.", string(a.Finding.Status)), "integration", clean(a.Name))
	n.Body = whyOf(p, a.Finding)
	if a.Finding.Rule == integration.RuleAsked {
		n.Body = asked(p, a.Finding.Args)
	}
	n.setAction(action(p, repair(a.Finding.Next)))
	return n
}

// asked reminds of whom was asked for help.
func asked(p locale.Printer, args map[string]string) string {
	if args["whom"] == "" {
		return p.T("notice.asked.somebody", "sinceAt", args["sinceAt"])
	}
	return p.T("notice.asked.whom", "whom", clean(args["whom"]), "sinceAt", args["sinceAt"])
}

// several words the notice about many broken integrations; cause is CauseUnknown when it is not one.
func several(p locale.Printer, alerts []integration.Alert, cause integration.Cause) Notice {
	n := Notice{ID: "group_" + alerts[0].IncidentID}
	title := "notice.group.title"
	if cause == integration.CauseThirdParty {
		title = "notice.group.title.third_party"
	}
	n.Title = p.T(title, "count", strconv.Itoa(len(alerts)))
	n.Body = names(p, alerts) + "\n" + why(p, cause)
	n.setAction(action(p, ActionOpen))
	return n
}

// offline words the notice that nothing can be checked from here.
func offline(p locale.Printer) Notice {
	n := Notice{ID: offlineID, Title: p.T("notice.offline.title"), Body: p.T("notice.offline.body")}
	n.setAction(action(p, ActionOpen))
	return n
}

func (n *Notice) setAction(a Action) { n.Action, n.ActionID = a.Label, a.ID }

// repair names the button for a next step: what the window can do about it, or else opening it.
func repair(next integration.NextStep) string {
	switch next {
	case integration.NextReconnect:
		return ActionReconnect
	case integration.NextUpdateCredentials:
		return ActionUpdate
	}
	return ActionOpen
}

// whyOf says why one integration is broken. What is behind inside Commerce Intelligence has more than one reason.
func whyOf(p locale.Printer, f integration.Finding) string {
	const behind = "notice.behind."
	if f.Cause == integration.CauseCommerceIntelligence && p.Has(behind+f.Rule) {
		return p.T(behind+f.Rule, "dataPointAt", f.Args["dataPointAt"])
	}
	return why(p, f.Cause)
}

func why(p locale.Printer, c integration.Cause) string {
	return p.T(known(p, "notice.why.", string(c)))
}

// known returns the key for the name, or that of "unknown" where there is no sentence for it.
func known(p locale.Printer, prefix, name string) string {
	if name != "" && p.Has(prefix+name) {
		return prefix + name
	}
	return prefix + "unknown"
}

// names lists the first few integrations, and counts the others.
func names(p locale.Printer, alerts []integration.Alert) string {
	listed := make([]string, 0, namesListed)
	for _, a := range alerts[:min(len(alerts), namesListed)] {
		listed = append(listed, clean(a.Name))
	}
	rest := len(alerts) - len(listed)
	if rest == 0 {
		return strings.Join(listed, ", ")
	}
	return p.T("notice.group.more", "names", strings.Join(listed, ", "), "count", strconv.Itoa(rest))
}
