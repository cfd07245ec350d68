package probe_test

import (
	"testing"

	"relink/backend/integration"
)

func TestPostgreSQLIsCheckedInWhateverEncodingTheDatabaseIs(t *testing.T) {
	s := needDatabases(t, postgres)
	for name, encoding := range map[string]string{"old_ascii": "SQL_ASCII", "old_latin": "LATIN1"} {
		if err := s.admin("CREATE DATABASE " + name + " TEMPLATE template0 ENCODING '" + encoding + "' LC_COLLATE 'C' LC_CTYPE 'C'"); err != nil {
			t.Fatal(err)
		}
		if e, finding := run(t, newProber(t), login(t, "postgresql", s, "relink", "right", "database", name)); e.Stage != integration.StageDone {
			t.Errorf("%s: stopped at %s, rule %s", encoding, e.Stage, finding.Rule)
		}
	}
}
