package diagnosis_test

import (
	"time"

	in "relink/backend/integration"
)

// account is a good answer of the Update Cycle Status API.
func account(c in.Cycle) in.Evidence {
	return api(200, by(in.MethodAPIKey), func(e *in.Evidence) { e.Stage, e.Cycle = in.StageDone, &c })
}

// from makes a refusal come to an address, after a good check from another or the same.
func from(now, before string) func(*in.Evidence) {
	return func(e *in.Evidence) { e.Address, e.Facts.AddressBefore = now, before }
}

func commerceCases() []evidenceCase {
	refused := func(c ...func(*in.Evidence)) in.Evidence {
		return api(403, append(c, means(in.MeaningKeyOrAddress), by(in.MethodAPIKey))...)
	}
	return []evidenceCase{
		{"the last update failed", account(in.Cycle{Result: in.CycleFailed, State: "Failed", End: now.Add(-time.Hour)}), want{"update-failed", "commerce_intelligence", "waiting_for_commerce_intelligence", "wait", "D", "certain"}},
		{"the last update failed, on a clock that is not known", account(in.Cycle{Result: in.CycleFailed, State: "Failed", Told: "2026-11-24 03:00:00", Zone: "IST"}), want{"update-failed", "commerce_intelligence", "waiting_for_commerce_intelligence", "wait", "D", "certain"}},
		{"the last update is two days old", account(in.Cycle{Result: in.CycleCompleted, State: "Completed Successfully", End: now.Add(-48 * time.Hour)}), want{"update-late", "commerce_intelligence", "waiting_for_commerce_intelligence", "wait", "D", "likely"}},
		{"a daily update", account(in.Cycle{Result: in.CycleCompleted, State: "Completed Successfully", End: now.Add(-24 * time.Hour)}), want{"works", "", "connected", "nothing", "", "certain"}},
		{"no update yet", account(in.Cycle{Result: in.CycleNone}), want{"works", "", "connected", "nothing", "", "certain"}},
		{"key or address, from another address", refused(from("203.0.113.9", "203.0.113.5")), want{"key-address-changed", computer, admin, "ask_owner", "", "likely"}},
		{"key or address, from the same address", refused(from("203.0.113.5", "203.0.113.5")), want{"key-or-address", unknown, reauth, "update_credentials", "DL", "possible"}},
		{"key or address, behind a router", refused(), want{"key-or-address", unknown, reauth, "update_credentials", "DL", "possible"}},
		{"key or address, the address known for the first time", refused(from("203.0.113.5", "")), want{"key-or-address", unknown, reauth, "update_credentials", "DL", "possible"}},
	}
}
