package alert

import "relink/backend/integration"

// group is what many integrations have in common when they are one thing to tell.
type group struct {
	cause integration.Cause
	rule  string
}

// groupOf is the group of an alert. A service in trouble fails in many ways at once (503, no answer, a web
// page, a refusal of everybody): its outage is one thing to tell.
func groupOf(a integration.Alert) group {
	if a.Finding.Cause == integration.CauseThirdParty {
		return group{cause: integration.CauseThirdParty}
	}
	return group{a.Finding.Cause, a.Finding.Rule}
}
