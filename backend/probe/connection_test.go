package probe_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"relink/backend/catalog"
	"relink/backend/integration"
	"relink/backend/probe"
	"relink/backend/secret"
)

func known(t testing.TB, id string) catalog.Provider {
	t.Helper()
	all, err := catalog.Load("")
	if err != nil {
		t.Fatal(err)
	}
	p, ok := all.Provider(id)
	if !ok {
		t.Fatalf("the catalog has no %s", id)
	}
	return p
}

// said writes a connection as host=… pairs, the password last.
func said(c probe.Connection) string {
	var words []string
	for _, id := range []string{"host", "port", "database", "username", "tls", "auth_source", "replica_set", "srv"} {
		if v := c.Values[id]; v != "" {
			words = append(words, id+"="+v)
		}
	}
	if !c.Secrets["password"].Empty() {
		words = append(words, "password="+c.Secrets["password"].Reveal())
	}
	return strings.Join(words, " ")
}

func TestParseConnectionFillsTheFieldsIn(t *testing.T) {
	for _, c := range []struct{ provider, text, want string }{
		{"mysql", "mysql://ana:p%40ss@db.example.com:3307/shop?ssl-mode=VERIFY_IDENTITY", "host=db.example.com port=3307 database=shop username=ana tls=verify-full password=p@ss"},
		{"mysql", "mysql://ana:p@ss/w#rd?@db.example.com/shop", "host=db.example.com database=shop username=ana password=p@ss/w#rd?"},
		{"mysql", "mariadb://ana@[2001:db8::1]:3306/shop", "host=2001:db8::1 port=3306 database=shop username=ana"},
		{"mysql", "jdbc:mysql://db.example.com:3306/shop?user=ana&password=a%26b&useSSL=false", "host=db.example.com port=3306 database=shop username=ana tls=disable password=a&b"},
		{"mysql", "jdbc:mariadb://db.example.com/shop?user=ana&password=x&sslMode=trust", "host=db.example.com database=shop username=ana tls=require password=x"},
		{"mysql", "ana:p:a@ss@tcp(db.example.com:3306)/shop?tls=skip-verify", "host=db.example.com port=3306 database=shop username=ana tls=require password=p:a@ss"},
		{"amazon-rds-mysql", "mysql://ana:x@mydb.abc.eu-west-1.rds.amazonaws.com/shop", "host=mydb.abc.eu-west-1.rds.amazonaws.com database=shop username=ana password=x"},
		{"postgresql", "postgres://ana:x@db.example.com,db2.example.com:5433/shop?sslmode=verify-ca", "host=db.example.com database=shop username=ana tls=verify-ca password=x"},
		{"postgresql", "postgresql://db.example.com:5432/shop?user=ana&password=x", "host=db.example.com port=5432 database=shop username=ana password=x"},
		{"postgresql", "jdbc:postgresql://db.example.com:5432/shop?user=ana&password=x&ssl=true", "host=db.example.com port=5432 database=shop username=ana tls=require password=x"},
		{"postgresql", `host=db.example.com port=5432 dbname=shop user=ana password='it\'s a \\ secret' sslmode=require`, `host=db.example.com port=5432 database=shop username=ana tls=require password=it's a \ secret`},
		{"sql-server", "sqlserver://ana:x@db.example.com:1433?database=shop&encrypt=true", "host=db.example.com port=1433 database=shop username=ana tls=verify-full password=x"},
		{"sql-server", "jdbc:sqlserver://db.example.com:1433;databaseName=shop;user=ana;password={a;b}}c};encrypt=true;trustServerCertificate=true", "host=db.example.com port=1433 database=shop username=ana tls=require password=a;b}c"},
		{"sql-server", `Server=tcp:shop.database.windows.net,1433;Initial Catalog=shop;User ID=ana;Password="a;b";Encrypt=True;TrustServerCertificate=False`, "host=shop.database.windows.net port=1433 database=shop username=ana tls=verify-full password=a;b"},
		{"mongodb", "mongodb+srv://ana:x@cluster0.abc.mongodb.net/shop?retryWrites=true&w=majority", "host=cluster0.abc.mongodb.net database=shop username=ana tls=verify-full srv=yes password=x"},
		{"mongodb", "mongodb://ana:x@db1.example.com:27018,db2.example.com:27018/shop?replicaSet=rs0&authSource=admin&tls=true", "host=db1.example.com port=27018 database=shop username=ana tls=verify-full auth_source=admin replica_set=rs0 srv=no password=x"},
		{"mongodb", "mongodb://ana:x@db.example.com/shop", "host=db.example.com database=shop username=ana tls=disable auth_source=shop srv=no password=x"},
	} {
		got, err := probe.ParseConnection(known(t, c.provider), secret.New(c.text))
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
		}
		if diff := cmp.Diff(c.want, said(got)); diff != "" {
			t.Errorf("%s: %s", c.text, diff)
		}
	}
}

func TestParseConnectionSaysWhatIsWrongAndQuotesNothing(t *testing.T) {
	for text, want := range map[string]string{
		"": "connection_unreadable", "hello": "connection_unreadable", "mysql://": "connection_unreadable", "mysql:ana:hunter2@db": "connection_unreadable",
		"postgres://ana:hunter2@db.example.com/shop": "connection_other", "jdbc:oracle:thin:ana/hunter2@db": "connection_unreadable",
		"mysql://ana:hunter2@db.example.com/shop\nmysql://x": "connection_unreadable",
	} {
		c, err := probe.ParseConnection(known(t, "mysql"), secret.New(text))
		var problem integration.InputError
		if !errors.As(err, &problem) || problem.Code != want || problem.Field != "connection" || problem.Args["example"] == "" {
			t.Errorf("%q: %v", text, err)
		}
		if strings.Contains(fmt.Sprintf("%+v %v", c, err), "hunter2") || strings.Contains(fmt.Sprint(problem.Args), "hunter2") {
			t.Errorf("%q: the password is quoted", text)
		}
	}
	if _, err := probe.ParseConnection(known(t, "stripe"), secret.New("mysql://db/shop")); err == nil {
		t.Error("a provider without a database took a connection string")
	}
}

// FuzzParseConnection looks for texts that bring it down, or that put a password among the values.
func FuzzParseConnection(f *testing.F) {
	for _, seed := range []string{"mysql://ana:S3cr3tS3cr3t@db:1/shop", "jdbc:sqlserver://db;password={S3cr3tS3cr3t};user=a", "host=db password='S3cr3tS3cr3t'",
		"Server=db,1;Password=S3cr3tS3cr3t", "ana:S3cr3tS3cr3t@tcp(db:1)/shop", "mongodb+srv://ana:S3cr3tS3cr3t@db/shop?tls=1", "postgres://[::1", "jdbc", "jdbc:jdbc:sqlserver:"} {
		f.Add(seed)
	}
	providers := []catalog.Provider{known(f, "mysql"), known(f, "postgresql"), known(f, "sql-server"), known(f, "mongodb")}
	f.Fuzz(func(t *testing.T, text string) {
		for _, p := range providers {
			c, err := probe.ParseConnection(p, secret.New(text))
			if err != nil {
				if strings.Contains(err.Error(), text) && len(text) > 12 {
					t.Errorf("the error quotes %q", text)
				}
				continue
			}
			if c.Values["host"] == "" {
				t.Errorf("%q: no host", text)
			}
			password := c.Secrets["password"].Reveal()
			if password == "S3cr3tS3cr3t" && strings.Contains(fmt.Sprint(c.Values), password) {
				t.Errorf("%q: the password is among %v", text, c.Values)
			}
		}
	})
}
