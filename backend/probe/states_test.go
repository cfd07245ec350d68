package probe_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"
)

// proof is where a state of a database is proven: a function of these tests, and the name of the case in
// it. peer says that no server of that kind knew the state here, so that a peer speaks its protocol.
// absent is why there is no such state.
type proof struct {
	function, name string
	peer           bool
	absent         string
}

// states are what can be the matter with a database, each with its proof for every kind.
var states = map[string]map[string]proof{
	"success": {
		"mysql": {function: "TestMariaDBSaysWhatIsWrong", name: "works"}, "postgresql": {function: "TestPostgreSQLSaysWhatIsWrong", name: "works"},
		"sqlserver": {function: "TestSQLServerSaysWhatIsWrong", name: "works", peer: true}, "mongodb": {function: "TestMongoDBSaysWhatIsWrong", name: "works", peer: true},
	},
	"wrong password": {
		"mysql": {function: "TestMariaDBSaysWhatIsWrong", name: "wrong password"}, "postgresql": {function: "TestPostgreSQLSaysWhatIsWrong", name: "wrong password"},
		"sqlserver": {function: "TestSQLServerSaysWhatIsWrong", name: "wrong password", peer: true}, "mongodb": {function: "TestMongoDBSaysWhatIsWrong", name: "wrong password", peer: true},
	},
	"expired password": {
		"mysql": {function: "TestMariaDBNamesAnExpiredPassword", name: "password-expired"}, "postgresql": {function: "TestPostgreSQLSaysWhatIsWrong", name: "password expired looks like a wrong one"},
		"sqlserver": {function: "TestSQLServerSaysWhatIsWrong", name: "password expired", peer: true}, "mongodb": {absent: "the passwords of MongoDB's own users do not expire; a temporary user of Atlas is deleted (11, 18)"},
	},
	"locked account": {
		"mysql": {function: "TestMariaDBSaysWhatIsWrong", name: "account locked"}, "postgresql": {function: "TestPostgreSQLSaysWhatIsWrong", name: "NOLOGIN"},
		"sqlserver": {function: "TestSQLServerSaysWhatIsWrong", name: "login locked out", peer: true}, "mongodb": {absent: "MongoDB locks no user; one that may not come from here is refused with 214, one without a way to sign in with 334"},
	},
	"no such database": {
		"mysql": {function: "TestMariaDBSaysWhatIsWrong", name: "database missing"}, "postgresql": {function: "TestPostgreSQLSaysWhatIsWrong", name: "database missing"},
		"sqlserver": {function: "TestSQLServerSaysWhatIsWrong", name: "database gone", peer: true}, "mongodb": {function: "TestMongoDBSaysWhatIsWrong", name: "no such database", peer: true},
	},
	"no privilege": {
		"mysql": {function: "TestMariaDBSaysWhatIsWrong", name: "no privilege on the table"}, "postgresql": {function: "TestPostgreSQLSaysWhatIsWrong", name: "no privilege on the table"},
		"sqlserver": {function: "TestSQLServerSaysWhatIsWrong", name: "no privilege on the table", peer: true}, "mongodb": {function: "TestMongoDBSaysWhatIsWrong", name: "no privilege on the collection", peer: true},
	},
	"too many connections": {
		"mysql": {function: "TestMariaDBSaysWhatIsWrong", name: "connection limit"}, "postgresql": {function: "TestPostgreSQLSaysWhatIsWrong", name: "connection limit"},
		"sqlserver": {function: "TestSQLServerSaysWhatIsWrong", name: "no connection left", peer: true}, "mongodb": {function: "TestMongoDBSaysWhatIsWrong", name: "too many connections, told by none", peer: true},
	},
	"TLS name mismatch": {
		"mysql": {function: "TestMariaDBSaysWhatIsWrong", name: "certificate of another name"}, "postgresql": {function: "TestPostgreSQLSaysWhatIsWrong", name: "certificate of another name"},
		"sqlserver": {function: "TestSQLServerSaysWhatIsWrong", name: "certificate of another name", peer: true}, "mongodb": {function: "TestMongoDBSaysWhatIsWrong", name: "certificate of another name", peer: true},
	},
	"expired certificate": {
		"mysql": {function: "TestMySQLSaysWhatIsWrong", name: "certificate expired", peer: true}, "postgresql": {function: "TestPostgreSQLInRecovery", name: "certificate-expired"},
		"sqlserver": {function: "TestSQLServerSaysWhatIsWrong", name: "certificate expired", peer: true}, "mongodb": {function: "TestMongoDBSaysWhatIsWrong", name: "certificate expired", peer: true},
	},
	"server in recovery": {
		"mysql": {function: "TestMySQLSaysWhatIsWrong", name: "in recovery, left by its group", peer: true}, "postgresql": {function: "TestPostgreSQLInRecovery", name: "57P03"},
		"sqlserver": {function: "TestSQLServerSaysWhatIsWrong", name: "database in recovery", peer: true}, "mongodb": {function: "TestMongoDBSaysWhatIsWrong", name: "recovering", peer: true},
	},
	"firewall drop": {
		"mysql": {function: "TestDatabaseBehindAFirewallStopsAtTheConnection", name: "mysql"}, "postgresql": {function: "TestDatabaseBehindAFirewallStopsAtTheConnection", name: "postgresql"},
		"sqlserver": {function: "TestDatabaseBehindAFirewallStopsAtTheConnection", name: "sql-server"}, "mongodb": {function: "TestDatabaseBehindAFirewallStopsAtTheConnection", name: "mongodb"},
	},
	"reset in mid-query": {
		"mysql": {function: "midQuery", name: "reset_peer in mid-query"}, "postgresql": {function: "midQuery", name: "reset_peer in mid-query"},
		"sqlserver": {function: "midQuery", name: "reset_peer in mid-query", peer: true}, "mongodb": {function: "midQuery", name: "reset_peer in mid-query", peer: true},
	},
}

// TestEveryStateOfEveryKindOfDatabaseHasItsProof looks for each proof in the sources of these tests.
func TestEveryStateOfEveryKindOfDatabaseHasItsProof(t *testing.T) {
	said := sayings(t)
	for state, kinds := range states {
		for _, kind := range []string{"mysql", "postgresql", "sqlserver", "mongodb"} {
			p, there := kinds[kind]
			switch {
			case !there || p.function == "" && p.absent == "":
				t.Errorf("%s, %s: no proof", kind, state)
			case p.absent == "" && !said[p.function][p.name]:
				t.Errorf("%s, %s: %s has no %q", kind, state, p.function, p.name)
			case p.absent == "" && !p.peer && (kind == "sqlserver" || kind == "mongodb") && state != "firewall drop":
				t.Errorf("%s, %s: no such server runs here", kind, state)
			}
		}
	}
}

// sayings are the texts in each function of these tests.
func sayings(t *testing.T) map[string]map[string]bool {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]map[string]bool{}
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), "_test.go") || entry.Name() == "states_test.go" {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), entry.Name(), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declared := range file.Decls {
			function, ok := declared.(*ast.FuncDecl)
			if !ok {
				continue
			}
			texts := map[string]bool{}
			ast.Inspect(function, func(n ast.Node) bool {
				if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
					if text, err := strconv.Unquote(literal.Value); err == nil {
						texts[text] = true
					}
				}
				return true
			})
			said[function.Name.Name] = texts
		}
	}
	return said
}
