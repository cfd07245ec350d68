package probe_test

import (
	"fmt"
	"strings"
	"testing"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/probe"
	"relink/backend/secret"
)

// typed puts a password into statements, as an administrator would, in the shells' own ways.
func typed(statements []string, password string) []string {
	var out []string
	for _, s := range statements {
		switch {
		case strings.HasPrefix(s, `\password `):
			s = "ALTER ROLE " + strings.TrimPrefix(s, `\password `) + " PASSWORD '" + password + "'"
		case strings.HasPrefix(s, `\connect `):
			s = `\` + strings.Trim(strings.TrimPrefix(s, `\connect `), `"`)
		}
		out = append(out, strings.ReplaceAll(s, probe.NewPassword, password))
	}
	return out
}

// TestLeastLoginRotatesOnRealServers makes a second login by the statements, proves it, checks that it
// cannot write, stops the first one and takes both away.
func TestLeastLoginRotatesOnRealServers(t *testing.T) {
	for provider, c := range map[string]struct {
		start  func() (*server, error)
		before []string // the statements of the shop and its first login
		table  string
	}{
		"postgresql": {postgres, []string{"CREATE DATABASE my_shop", `\my_shop`, "CREATE TABLE orders (id int)"}, "orders"},
		"mysql":      {mariadb, []string{"CREATE DATABASE my_shop", "CREATE TABLE my_shop.orders (id int)", "CREATE DATABASE myXshop", "CREATE TABLE myXshop.orders (id int)"}, "orders"},
	} {
		for _, table := range []string{"", c.table} {
			t.Run(provider+" "+table, func(t *testing.T) {
				s := needDatabases(t, c.start)
				if table == "" {
					if err := s.admin(c.before...); err != nil {
						t.Fatal(err)
					}
				}
				on := login(t, provider, s, "clerk", "first", "database", "my_shop", "table", table)
				old := probe.LeastLoginOf(on.Provider, on.Integration, "clerk", integration.Evidence{})
				if err := s.admin(typed(old.Create, "first")...); err != nil {
					t.Fatal(err)
				}
				p := newProber(t)
				e, f := run(t, p, on)
				if !f.OK() || e.Server.Writable {
					t.Fatalf("the first login: %s %+v", f.Rule, e)
				}
				second := probe.LeastLoginOf(on.Provider, on.Integration, probe.SecondLogin("clerk"), e)
				if second.User != "clerk_2" {
					t.Fatalf("the second login is %s", second.User)
				}
				if err := s.admin(typed(second.Create, "second")...); err != nil {
					t.Fatal(err)
				}
				next := on
				next.Grant.Public, next.Secrets = map[string]string{"username": second.User}, secret.Fields{"password": secret.New("second")}
				if e, f := run(t, p, next); !f.OK() || e.Server.Writable {
					t.Fatalf("the second login: %s %+v", f.Rule, e)
				}
				if err := s.admin(typed(old.Stop, "")...); err != nil {
					t.Fatal(err)
				}
				if _, f := run(t, p, on); f.Cause != changed {
					t.Errorf("the first login after it was stopped: %s", f.Rule)
				}
				if provider == "mysql" && table == "" {
					next.Integration.Settings["database"] = "myXshop"
					if _, f := run(t, p, next); f.Rule != "privilege-missing" {
						t.Errorf("the underscore in my_shop opens myXshop: %s", f.Rule)
					}
					next.Integration.Settings["database"] = "my_shop"
				}
				if err := s.admin(append(typed(old.Drop, ""), typed(second.Drop, "")...)...); err != nil {
					t.Error(err)
				}
				if _, f := run(t, p, next); f.Rule != "login-refused" {
					t.Errorf("the second login after it was dropped: %s", f.Rule)
				}
			})
		}
	}
}

func TestLeastLoginFitsKindAndVersion(t *testing.T) {
	all, err := catalog.Load("")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		provider, version, host, table string
		wants, lacks                   string
	}{
		{"mysql", "8.4.2", "db", "", "GRANT SELECT ON `my\\_shop`.*", "INSERT"},
		{"mysql", "8.4.2", "db", "orders", "GRANT SELECT ON `my_shop`.`orders`", "\\_"},
		{"postgresql", "13.1", "db", "", "SET password_encryption = 'scram-sha-256';", "pg_read_all_data"},
		{"postgresql", "16.2 (Debian)", "db", "", "ALTER DEFAULT PRIVILEGES", "password_encryption"},
		{"postgresql", "16.2", "db", "sales.orders", `GRANT USAGE ON SCHEMA "sales"`, "ALL TABLES"},
		{"sql-server", "16.0.1", "db", "", "ALTER ROLE db_datareader ADD MEMBER [it's]", "sp_addrolemember"},
		{"sql-server", "10.50.1", "db", "", "EXEC sp_addrolemember N'db_datareader', N'it''s'", "ALTER ROLE"},
		{"sql-server", "16.0.1", "db", "dbo.Orders", "GRANT SELECT ON OBJECT::[dbo].[Orders]", "db_datareader"},
		{"sql-server", "12.0", "shop.database.windows.net", "", "CREATE USER [it's] WITH PASSWORD", "CREATE LOGIN"},
		{"mongodb", "8.0.4", "db", "", `roles: [{ role: "read", db: "my_shop" }]`, "createRole"},
		{"mongodb", "8.0.4", "db", "orders", `collection: "orders" }, actions: ["find"]`, `role: "read"`},
		{"mongodb", "8.0.4", "c0.abc.mongodb.net", "orders", `--role 'read@my_shop.orders'`, "createUser"},
	} {
		p, _ := all.Provider(c.provider)
		i := integration.Integration{Settings: map[string]string{"host": c.host, "database": "my_shop", "table": c.table}}
		l := probe.LeastLoginOf(p, i, "it's", integration.Evidence{Server: integration.ServerState{Version: c.version}})
		text := fmt.Sprint(l.Create)
		if !strings.Contains(text, c.wants) || strings.Contains(text, c.lacks) {
			t.Errorf("%s %s: want %q and not %q in\n%s", c.provider, c.version, c.wants, c.lacks, strings.Join(l.Create, "\n"))
		}
		if len(l.Stop) == 0 || len(l.Drop) == 0 || l.Shell == "" {
			t.Errorf("%s: %+v", c.provider, l)
		}
	}
}

func TestSecondLoginTurnsBack(t *testing.T) {
	for user, want := range map[string]string{"relink": "relink_2", "relink_2": "relink", "_2": "_2_2"} {
		if got := probe.SecondLogin(user); got != want {
			t.Errorf("%s: %s, want %s", user, got, want)
		}
	}
}
