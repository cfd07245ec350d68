package probe_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"relink/backend/integration"
	"relink/backend/probe"
	"relink/backend/secret"
)

const (
	myCnf   = "# mine\n[mysqldump]\nquick\n\n[client]\nhost = db.example.com\nuser=ana\npassword=\"p#ss word\"\nssl-mode=VERIFY_CA\ndatabase=shop\n[clientOther]\nhost=other.example.com\n"
	pgPass  = "#host:port:db:user:password\nother.example.com:5432:*:ana:nope\ndb.example.com:*:shop:ana:p\\:a\\\\ss\n*:*:*:*:any\n"
	service = "[shop]\nhost=db.example.com\nport=5433\ndbname=shop\nuser=ana\npassword=x\nsslmode=verify-full\n[stock]\nhost=db2.example.com\nuser=bia\n"
)

func TestParseConnectionFileReadsWhatOtherToolsKeep(t *testing.T) {
	for _, c := range []struct {
		provider, name, text, section string
		known                         map[string]string
		want                          string
	}{
		{"mysql", ".my.cnf", myCnf, "", nil, "host=db.example.com database=shop username=ana tls=verify-ca password=p#ss word"},
		{"mysql", "my.cnf", myCnf, "clientOther", nil, "host=other.example.com"},
		{"postgresql", ".pgpass", pgPass, "", map[string]string{"host": "db.example.com"}, `host=db.example.com database=shop username=ana password=p:a\ss`},
		{"postgresql", "pgpass.conf", pgPass, "", map[string]string{"host": "third.example.com"}, "password=any"},
		{"postgresql", "pg_service.conf", service, "stock", nil, "host=db2.example.com username=bia"},
		{"postgresql", ".pg_service.conf", service, "shop", nil, "host=db.example.com port=5433 database=shop username=ana tls=verify-full password=x"},
		{"mongodb", "url.txt", "# ours\nmongodb://ana:x@db.example.com/shop?authSource=admin\n", "", nil, "host=db.example.com database=shop username=ana tls=disable auth_source=admin srv=no password=x"},
	} {
		got, err := probe.ParseConnectionFile(known(t, c.provider), c.name, secret.New(c.text), c.section, c.known)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if diff := cmp.Diff(c.want, said(got)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestParseConnectionFileSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ provider, name, text, section, want string }{
		{"postgresql", "pg_service.conf", service, "", "connection_section"},
		{"postgresql", "pg_service.conf", service, "gone", "connection_section"},
		{"mysql", ".pgpass", pgPass, "", "connection_other"},
		{"mongodb", ".my.cnf", myCnf, "", "connection_other"},
		{"postgresql", ".pgpass", "db:1:2\n", "", "connection_no_line"},
		{"mysql", "notes.txt", "call Ana\nabout the password\n", "", "connection_unreadable"},
	} {
		_, err := probe.ParseConnectionFile(known(t, c.provider), c.name, secret.New(c.text), c.section, nil)
		var problem integration.InputError
		if !errors.As(err, &problem) || problem.Code != c.want {
			t.Errorf("%s for %s: %v, want %s", c.name, c.provider, err, c.want)
		}
		if c.want == "connection_section" && problem.Args["value"] != "shop, stock" || strings.Contains(problem.Args["value"], "ana") {
			t.Errorf("%s: %v", c.name, problem.Args)
		}
	}
}

func TestParseConnectionFileReadsAnAliasOfSSH(t *testing.T) {
	const config = "# mine\nHost shop shop2\n  HostName bastion.example.com\n  Port 2222\n  IdentityFile ~/.ssh/id\nHost !shop2 *\n  User ana\n  ProxyJump jump.example.com\nMatch all\n  User bia\n"
	got, err := probe.ParseConnectionFile(known(t, "mysql"), "config", secret.New(config), "shop", nil)
	want := map[string]string{"ssh_host": "bastion.example.com", "ssh_port": "2222", "ssh_user": "ana", "ssh_jump": "ana@jump.example.com"}
	if diff := cmp.Diff(want, got.Values); diff != "" || err != nil || len(got.Secrets) > 0 {
		t.Error(err, diff)
	}
	got, err = probe.ParseConnectionFile(known(t, "mysql"), "config", secret.New(config), "shop2", nil)
	if diff := cmp.Diff(map[string]string{"ssh_host": "bastion.example.com", "ssh_port": "2222"}, got.Values); diff != "" || err != nil {
		t.Error(err, diff)
	}
	for _, alias := range []string{"", "gone"} {
		_, err = probe.ParseConnectionFile(known(t, "mysql"), "config", secret.New(config), alias, nil)
		var problem integration.InputError
		if !errors.As(err, &problem) || problem.Code != "connection_section" || problem.Args["value"] != "shop, shop2" {
			t.Errorf("%q: %v", alias, err)
		}
	}
}

// FuzzParseConnectionFile looks for files that bring it down.
func FuzzParseConnectionFile(f *testing.F) {
	for _, seed := range []string{myCnf, pgPass, service, "[", "[a\n=\n", "\\", "::::"} {
		f.Add(".pgpass", seed, "")
		f.Add("pg_service.conf", seed, "shop")
	}
	pg, my := known(f, "postgresql"), known(f, "mysql")
	f.Fuzz(func(t *testing.T, name, text, section string) {
		_, _ = probe.ParseConnectionFile(pg, name, secret.New(text), section, nil)
		_, _ = probe.ParseConnectionFile(my, name, secret.New(text), section, nil)
	})
}
