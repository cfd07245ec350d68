package store

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"relink/backend/integration"
)

// columns are all columns that a table of ours has. A new one is added here by hand, by somebody
// who knows that no secret will ever be in it.
func columns() []string {
	return strings.Fields(`
acts.actor acts.args acts.at acts.grant_id acts.integration_id acts.scopes acts.seq acts.what
alerts.at alerts.finding alerts.id alerts.incident_id alerts.integration_id alerts.kind alerts.name alerts.seq
changes.at changes.finding changes.integration changes.seq changes.status
days.failing days.integration days.latency_us days.ok days.severity days.start days.unknown days.worst
grants.access_expires_at grants.account_id grants.account_name grants.disconnected_at grants.expires_at grants.id grants.method grants.obtained_at grants.others grants.provider
grants.public grants.renewed_at grants.resources grants.scopes grants.used_at grants.version
channel_ends.channel channel_ends.days channel_ends.ends_at channel_ends.grant_id channel_ends.told_at
channels.added_at channels.delivered_at channels.failure channels.failures channels.id channels.kind channels.name channels.retry_at channels.settings
hours.failing hours.integration hours.latency_us hours.ok hours.severity hours.start hours.unknown hours.worst
identity.created_at identity.id
asked.integration_id asked.reminded_at asked.reminders asked.since asked.whom
incidents.closed_at incidents.ending incidents.finding incidents.id incidents.integration incidents.notified incidents.notified_at incidents.opened_at incidents.side
integrations.created_at integrations.folded_name integrations.grant_id integrations.host_keys integrations.id integrations.interval_ms integrations.name
integrations.paused integrations.provider integrations.seq integrations.settings integrations.updated_at
preferences.name preferences.value
reminders.days reminders.ends_at reminders.grant_id
rests.ends_at rests.integration_id rests.kind rests.starts_at
renewals.fingerprint renewals.grant_id renewals.lost renewals.repeated renewals.started_at renewals.version
revocations.account revocations.begun_at revocations.due_at revocations.grant_id revocations.id revocations.integration_id
revocations.method revocations.name revocations.provider revocations.public revocations.reason revocations.settings
revocations.tries revocations.version
theirs.account theirs.data_point theirs.integration_id theirs.key_refresh theirs.steps theirs.switched theirs.told_at
update_cycles.address update_cycles.asked_at update_cycles.ended_at update_cycles.integration_id update_cycles.job update_cycles.kind
update_cycles.result update_cycles.started_at update_cycles.state update_cycles.told update_cycles.zone
states.checked_at states.due_at states.failures_in_row states.fingerprint states.integration_id states.latched states.patience
states.refused_in_row states.rule states.status states.succeeded_at states.successes_in_row states.verdict
thread_members.channel thread_members.incident thread_members.thread
threads.cause threads.channel threads.closed_at threads.id threads.reference threads.reminded_at threads.reminders threads.rule threads.title threads.told_at
upkeep.at upkeep.task verdicts.evidence verdicts.finding verdicts.integration_id`)
}

func opened(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func listed(t *testing.T, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	all, err := collect(rows, err, func(row scanner) (s string, err error) { return s, row.Scan(&s) })
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestS1NoColumnIsMeantForASecret(t *testing.T) {
	s := opened(t, t.TempDir())
	got := listed(t, s.reads, `SELECT m.name || '.' || c.name FROM sqlite_schema m, pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE 'goose_%' ORDER BY 1`)
	want := columns()
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the schema has\n%s\nwant\n%s", strings.Join(got, " "), strings.Join(want, " "))
	}
	for _, name := range got {
		if regexp.MustCompile(`token|secret|password|credential|private|api_key`).MatchString(name) {
			t.Errorf("%s sounds like a secret", name)
		}
	}
}

func TestEveryTableIsStrictAndForeignKeysHold(t *testing.T) {
	s := opened(t, t.TempDir())
	loose := listed(t, s.reads, `SELECT name FROM pragma_table_list WHERE schema = 'main' AND strict = 0
		AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'goose_%'`)
	if len(loose) > 0 {
		t.Errorf("not strict: %v", loose)
	}
	for pragma, want := range map[string]string{"foreign_keys": "1", "journal_mode": "wal", "synchronous": "1", "busy_timeout": "5000"} {
		if got := listed(t, s.writes, "PRAGMA "+pragma); !slices.Equal(got, []string{want}) {
			t.Errorf("%s is %v", pragma, got)
		}
	}
}

func TestQ1GrantsAreSyncedAndHistoryIsNot(t *testing.T) {
	s := opened(t, t.TempDir())
	for d, want := range map[durability]string{synced: "2", relaxed: "1"} {
		var got string
		err := s.write(t.Context(), "test", d, func(tx *sql.Tx) error {
			return tx.QueryRowContext(t.Context(), "PRAGMA synchronous").Scan(&got)
		})
		if err != nil || got != want {
			t.Errorf("synchronous is %s within the transaction, %v", got, err)
		}
		if after := listed(t, s.writes, "PRAGMA synchronous"); after[0] != "1" {
			t.Errorf("synchronous stays %s", after[0])
		}
	}
}

// TestEveryOlderSchemaIsUpgraded walks all migrations: a file of every version that there ever was
// is upgraded, and backed up before.
func TestEveryOlderSchemaIsUpgraded(t *testing.T) {
	for version := int64(0); version <= latest(); version++ {
		dir := t.TempDir()
		db, err := connect(filepath.Join(dir, fileName), writeParams, 1)
		if err != nil {
			t.Fatal(err)
		}
		if version == 0 { // its maker ended before the first migration
			_, err = db.Exec(`PRAGMA user_version = 1`)
		} else if err = migrateTo(t.Context(), db, version); err == nil { // as its maker would have named it
			_, err = db.Exec(identityInsert, "db_old", "2026-11-24T10:00:00.000Z")
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		s := opened(t, dir)
		got, err := s.schemaVersion(t.Context())
		if err != nil || got != latest() {
			t.Errorf("from %d: version %d, %v", version, got, err)
		}
		if wantBackup := version > 0 && version < latest(); wantBackup != (s.lastBackup() != "") {
			t.Errorf("from %d: backup %q", version, s.lastBackup())
		}
		g := integration.Grant{ID: "grt_1"}
		if err := s.Add(t.Context(), integration.Integration{ID: "int_1", GrantID: "grt_1"}, g, integration.State{}, integration.Act{}); err != nil {
			t.Errorf("from %d: %v", version, err)
		}
	}
}

func TestMigrationsAreNumberedWithoutGaps(t *testing.T) {
	for n, entry := range numbered() {
		if !regexp.MustCompile(fmt.Sprintf(`^%05d_[a-z_]+\.sql$`, n+1)).MatchString(entry.Name()) {
			t.Errorf("migration %d is called %s", n+1, entry.Name())
		}
		b, err := migrations.ReadFile("migrations/" + entry.Name())
		if err != nil || strings.Contains(string(b), "+goose Down") || strings.Contains(string(b), "NO TRANSACTION") {
			t.Errorf("%s is not forward only in one transaction, %v", entry.Name(), err)
		}
	}
}

func TestAnUpgradeThatIsCutShortIsTakenUpAgain(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if s, err := Open(ctx, dir, Options{}); err == nil {
		s.Close()
		t.Fatal("opened although nobody waited for it")
	}
	if info, err := os.Stat(filepath.Join(dir, markerName)); err == nil {
		t.Fatalf("a marker of %d bytes was left", info.Size())
	}
	opened(t, dir)
}

func TestTimesAreTextInOrder(t *testing.T) {
	zone := time.FixedZone("BRT", -3*3600)
	times := []time.Time{
		time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 24, 9, 59, 59, 999e6, time.UTC),
		time.Date(2026, 11, 24, 7, 0, 0, 0, zone), time.Date(2026, 11, 24, 10, 0, 0, 5e6, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
	}
	last := ""
	for _, want := range times {
		s := text(want).(string)
		got, err := parse(s)
		if err != nil || !got.Equal(want) || s <= last {
			t.Errorf("%v became %q and %v, %v", want, s, got, err)
		}
		last = s
	}
	for _, bad := range []string{"", "2026-11-24", "2026-11-24T10:00:00", "2026-11-24T10:00:00+00:00", "2026-1x-24T10:00:00Z", "2026-11-24 10:00:00Z"} {
		if got, err := parse(bad); err == nil {
			t.Errorf("%q became %v", bad, got)
		}
	}
	if text(time.Time{}) != nil {
		t.Error("a zero time is not NULL")
	}
}
