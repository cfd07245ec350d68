package reauth_test

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"relink/backend/integration"
	"relink/backend/sandbox"
)

// rows are all rows of all tables but the left out ones, column by column, as "table.column" of a row.
func (p *parts) rows(without ...string) map[string]string {
	p.t.Helper()
	db, err := sql.Open("sqlite", "file:"+p.store.Path()+"?mode=ro")
	check(p.t, err)
	defer db.Close()
	all := map[string]string{}
	for _, table := range p.column(db, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`) {
		if slices.Contains(without, table) {
			continue
		}
		for _, column := range p.column(db, `SELECT name FROM pragma_table_info('`+table+`')`) {
			values := p.column(db, fmt.Sprintf(`SELECT coalesce(CAST(%q AS TEXT), 'NULL') FROM %q`, column, table))
			all[table+"."+column] = strings.Join(values, "\n")
		}
	}
	return all
}

func (p *parts) column(db *sql.DB, query string) []string {
	p.t.Helper()
	found, err := db.QueryContext(p.t.Context(), query)
	check(p.t, err)
	defer found.Close()
	var all []string
	for found.Next() {
		var value string
		check(p.t, found.Scan(&value))
		all = append(all, value)
	}
	check(p.t, found.Err())
	return all
}

// changed are the columns in which two dumps differ.
func changed(before, after map[string]string) []string {
	var names []string
	for name, value := range after {
		if before[name] != value {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// What a reconnect writes: the grant's version and times, its act, and what the check afterwards found.
func TestReconnectKeepsEveryOtherColumn(t *testing.T) {
	p := newParts(t)
	id := p.add("sample-analytics")
	p.add("sample-shop")
	p.add("sample-ads")
	before := p.rows()
	if end := p.consent(p.start(id), sandbox.Ana, true, nil); end.Outcome.Result != integration.ResultReplaced {
		t.Fatalf("ended with %+v", end.Outcome)
	}
	may := strings.Fields(`acts.actor acts.args acts.at acts.grant_id acts.integration_id acts.seq acts.scopes acts.what
		grants.access_expires_at grants.expires_at grants.obtained_at grants.renewed_at grants.used_at grants.version
		hours.latency_us hours.ok hours.start
		states.checked_at states.due_at states.succeeded_at states.successes_in_row states.fingerprint verdicts.evidence verdicts.finding`)
	for _, name := range changed(before, p.rows()) {
		if !slices.Contains(may, name) {
			t.Errorf("%s changed:\n%s", name, cmp.Diff(before[name], p.rows()[name]))
		}
	}
	if before["grants.version"] == p.rows()["grants.version"] {
		t.Error("the dump does not see the grant's new version")
	}
}
