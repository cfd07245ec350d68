package main

import (
	"context"
	"database/sql"
	"io"
	"net/http"
	"os"
	"time"

	"filippo.io/age"
	"fyne.io/systray"
	"github.com/dghubble/oauth1"
	"github.com/go-pdf/fpdf"
	"github.com/go-sql-driver/mysql"
	"github.com/goccy/go-yaml"
	"github.com/godbus/dbus/v5"
	"github.com/gofrs/flock"
	"github.com/jackc/pgx/v5"
	mssql "github.com/microsoft/go-mssqldb"
	"github.com/pressly/goose/v3"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/spf13/cobra"
	"github.com/tidwall/gjson"
	"github.com/wneessen/go-mail"
	"github.com/zalando/go-keyring"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"golang.org/x/crypto/ssh"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/oauth2"
	"golang.org/x/term"
	_ "modernc.org/sqlite"
)

// parts are the libraries by what Relink needs them for.
var parts = []func(context.Context, string) error{databases, servers, files, secrets, network, others, identity}

// use calls each library as Relink does: deeply enough that the linker keeps what Relink keeps.
func use(word string) error {
	ctx := context.Background()
	command := &cobra.Command{Use: word, RunE: func(*cobra.Command, []string) error {
		for _, part := range parts {
			if err := part(ctx, word); err != nil {
				return err
			}
		}
		start, end := systray.RunWithExternalLoop(func() { systray.AddMenuItem(word, word) }, nil)
		start()
		end()
		return nil
	}}
	command.Flags().String(word, "", "")
	return command.ExecuteContext(ctx)
}

func databases(ctx context.Context, word string) error {
	db, err := sql.Open("sqlite", word)
	if err != nil {
		return err
	}
	migrations, err := goose.NewProvider(goose.DialectSQLite3, db, os.DirFS(word))
	if err != nil {
		return err
	}
	if _, err := migrations.Up(ctx); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, word)
	if err != nil {
		return err
	}
	var answer string
	if err := conn.QueryRow(ctx, word).Scan(&answer); err != nil {
		return err
	}
	config, err := mysql.ParseDSN(word)
	if err != nil {
		return err
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return err
	}
	return sql.OpenDB(connector).QueryRowContext(ctx, word).Scan(&answer)
}

// servers are those behind a bastion, and those that speak no SQL.
func servers(ctx context.Context, word string) error {
	connector, err := mssql.NewConnector(word)
	if err != nil {
		return err
	}
	var answer string
	if err := sql.OpenDB(connector).QueryRowContext(ctx, word).Scan(&answer); err != nil {
		return err
	}
	client, err := mongo.Connect(options.Client().ApplyURI(word))
	if err != nil {
		return err
	}
	if err := client.Database(word).RunCommand(ctx, bson.D{{Key: word, Value: 1}}).Err(); err != nil {
		return err
	}
	key, err := ssh.ParsePrivateKey([]byte(word))
	if err != nil {
		return err
	}
	bastion, err := ssh.Dial("tcp", word, &ssh.ClientConfig{Auth: []ssh.AuthMethod{ssh.PublicKeys(key)}, HostKeyCallback: ssh.FixedHostKey(key.PublicKey())})
	if err != nil {
		return err
	}
	_, err = bastion.DialContext(ctx, "tcp", word)
	return err
}

// others sign, seal, write mail and pages.
func others(ctx context.Context, word string) error {
	if _, _, err := oauth1.NewConfig(word, word).RequestToken(); err != nil {
		return err
	}
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return err
	}
	if _, err := age.Encrypt(io.Discard, identity.Recipient()); err != nil {
		return err
	}
	sealed, err := age.NewScryptRecipient(word)
	if err != nil {
		return err
	}
	if _, err := age.Encrypt(io.Discard, sealed); err != nil {
		return err
	}
	post, err := mail.NewClient(word)
	if err != nil {
		return err
	}
	letter := mail.NewMsg()
	letter.SetBodyString(mail.TypeTextPlain, word)
	if err := post.DialAndSendWithContext(ctx, letter); err != nil {
		return err
	}
	page := fpdf.New("P", "mm", "A4", "")
	page.AddUTF8FontFromBytes(word, "", goregular.TTF)
	page.AddPage()
	page.MultiCell(0, 5, word, "", "", false)
	return page.Output(io.Discard)
}

func files(_ context.Context, word string) error {
	var document any
	if err := yaml.UnmarshalWithOptions([]byte(word), &document, yaml.Strict()); err != nil {
		return err
	}
	schema, err := jsonschema.NewCompiler().Compile(word)
	if err != nil {
		return err
	}
	if err := schema.Validate(document); err != nil {
		return err
	}
	lock := flock.New(word)
	if _, err := lock.TryLock(); err != nil {
		return err
	}
	gjson.Get(word, word).ForEach(func(_, _ gjson.Result) bool { return true })
	return nil
}

func secrets(_ context.Context, word string) error {
	if err := keyring.Set(word, word, word); err != nil {
		return err
	}
	typed, err := term.ReadPassword(0)
	if err != nil {
		return err
	}
	bus, err := dbus.ConnectSessionBus()
	if err != nil {
		return err
	}
	return bus.Object(word, dbus.ObjectPath(typed)).Call(word, 0).Err
}

func network(ctx context.Context, word string) error {
	config := oauth2.Config{ClientID: word, Endpoint: oauth2.Endpoint{TokenURL: word, AuthStyle: oauth2.AuthStyleInHeader}}
	token, err := config.Exchange(ctx, word, oauth2.VerifierOption(oauth2.GenerateVerifier()))
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{TLSHandshakeTimeout: time.Second}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, token.AccessToken, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	return response.Body.Close()
}
