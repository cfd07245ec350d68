package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"

	"relink/backend/integration"
)

// mongoDB speaks to MongoDB and Atlas through the official driver. One of its connections signs in;
// a second one, which carries no login, tells the driver what kind of server it is.
type mongoDB struct{}

// mongoX509 is the way to sign in by a client certificate.
const mongoX509 = "MONGODB-X509"

func (mongoDB) port() string { return "27017" }

func (mongoDB) open(ctx context.Context, l login, c *connecting, encryption *tls.Config) (session, error) {
	seeds := []string{net.JoinHostPort(l.host, l.port)}
	if l.srv {
		var err error
		if seeds, err = c.seeds(ctx, &l); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if encryption != nil {
		visible(c, encryption)
	}
	o := mongoOptions(l, seeds)
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	o.SetDialer(dialingIn(life, c)).SetTLSConfig(encryption).SetServerMonitor(refusals(c))
	if len(seeds) == 1 {
		c.endBy(cancel) // the driver would try a host that does not answer until its time is over
	}
	client, err := mongo.Connect(o)
	if err != nil {
		end()
		return nil, fmt.Errorf("prepare the connection: %w", err)
	}
	s := &mongoSession{client: client, db: client.Database(l.database), end: end}
	// Anybody may ping; this is the first command that tells who signed in.
	err = s.run(ctx, bson.D{{Key: "connectionStatus", Value: 1}, {Key: "showPrivileges", Value: true}}, &s.status)
	c.endBy(nil)
	if err == nil {
		return s, nil
	}
	leave(ctx, s, err)
	if broke := c.broken(); broke != nil {
		err = errors.Join(broke, err)
	}
	return nil, err
}

// mongoOptions are the settings of one look: no second try, no revocation servers asked outside of
// our dialer.
func mongoOptions(l login, seeds []string) *options.ClientOptions {
	source := l.authSource
	if source == "" {
		source = "admin"
	}
	o := options.Client().SetHosts(seeds).SetAppName("relink").SetMaxPoolSize(1).SetRetryReads(false).SetRetryWrites(false).
		SetMaxAdaptiveRetries(0).SetServerMonitoringMode("poll").SetDisableOCSPEndpointCheck(true).SetReadPreference(readpref.PrimaryPreferred()).
		SetAuth(options.Credential{Username: l.user, Password: l.password, PasswordSet: true, AuthSource: source})
	if l.x509 { // the server takes the name from the certificate
		o.SetAuth(options.Credential{AuthMechanism: mongoX509, AuthSource: "$external"})
	}
	if l.replicaSet != "" {
		o.SetReplicaSet(l.replicaSet)
	}
	if l.replicaSet == "" && len(seeds) == 1 {
		o.SetDirect(true)
	}
	return o
}

// mongoDialer dials for the driver.
type mongoDialer func(ctx context.Context, network, address string) (net.Conn, error)

// DialContext connects.
func (d mongoDialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return d(ctx, network, address)
}

// dialingIn dials as long as a session lives: the driver would go on by itself.
func dialingIn(life context.Context, c *connecting) mongoDialer {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(life, cancel)()
		return c.connect(ctx, network, address)
	}
}

// seeds looks up the hosts and the options of a mongodb+srv name ("Initial DNS Seedlist Discovery"
// of the MongoDB specifications): the hosts must stand in the name's own domain, and the TXT record
// tells the authentication database and the replica set.
func (c *connecting) seeds(ctx context.Context, l *login) ([]string, error) {
	resolver := c.resolver
	if resolver == nil {
		resolver = net.DefaultResolver
	}
	c.seen.enter(integration.StageDNS, true)
	_, found, err := resolver.LookupSRV(ctx, "mongodb", "tcp", l.host)
	if err != nil {
		return nil, err
	}
	domain := l.host
	if strings.Count(domain, ".") > 1 {
		_, domain, _ = strings.Cut(domain, ".")
	}
	var seeds []string
	for _, r := range found {
		host := strings.TrimSuffix(r.Target, ".")
		if !strings.HasSuffix(strings.ToLower(host), "."+strings.ToLower(domain)) {
			return nil, DeniedError{Address: host}
		}
		seeds = append(seeds, net.JoinHostPort(host, strconv.Itoa(int(r.Port))))
	}
	texts, err := resolver.LookupTXT(ctx, l.host)
	var missing *net.DNSError
	if err != nil && !(errors.As(err, &missing) && missing.IsNotFound) {
		return nil, err
	}
	for option := range strings.SplitSeq(strings.Join(texts, "&"), "&") {
		switch name, value, _ := strings.Cut(option, "="); {
		case name == "authSource" && l.authSource == "":
			l.authSource = value
		case name == "replicaSet" && l.replicaSet == "":
			l.replicaSet = value
		}
	}
	c.seen.leave(integration.StageDNS, true)
	return seeds, nil
}

// absentError means that what is looked for is not among what the server lists; MongoDB itself
// answers a read of nothing with nothing.
type absentError struct{ name string }

// Error names what is absent.
func (e absentError) Error() string { return fmt.Sprintf("%q is not listed", e.name) }

func (mongoDB) code(err error) (code, words string) {
	var command mongo.CommandError
	if errors.As(err, &command) && command.Code != 0 {
		return number(command.Code), command.Message
	}
	if words := certificateRefused(err); words != "" {
		return "certificate-refused", words
	}
	var absent absentError
	if errors.As(err, &absent) {
		return "not-listed", absent.Error()
	}
	return "", ""
}

// refusals tells a server's alert about the client's certificate, which the driver would take for a
// server that is not there, and try again.
func refusals(c *connecting) *event.ServerMonitor {
	return &event.ServerMonitor{ServerHeartbeatFailed: func(e *event.ServerHeartbeatFailedEvent) {
		if certificateRefused(e.Failure) == "" {
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.fail(e.Failure)
	}}
}

// certificateAlerts are those by which a server refuses the client's certificate (RFC 8446 section 6.2):
// bad, unsupported, revoked, expired, unknown, of an unknown authority, and absent.
var certificateAlerts = []tls.AlertError{42, 43, 44, 45, 46, 48, 116}

// certificateRefused is such an alert of the server in the library's words, "" for none. The library keeps
// the type of an alert to itself, so that its text is compared with that of each.
func certificateRefused(err error) string {
	var op *net.OpError
	for ; errors.As(err, &op); err = op.Err {
		if op.Op != "remote error" {
			continue
		}
		for _, alert := range certificateAlerts {
			if op.Err.Error() == alert.Error() {
				return alert.Error()
			}
		}
	}
	return ""
}

// mongoSession is a client with one connection that has signed in.
type mongoSession struct {
	client *mongo.Client
	db     *mongo.Database
	end    context.CancelFunc // of every dial
	status struct {
		Auth struct {
			Users []struct {
				User string `bson:"user"`
				DB   string `bson:"db"`
			} `bson:"authenticatedUsers"`
			Privileges []struct {
				Actions []string `bson:"actions"`
			} `bson:"authenticatedUserPrivileges"`
		} `bson:"authInfo"`
	}
}

// run sends a command, to a secondary where there is no primary.
func (s *mongoSession) run(ctx context.Context, command bson.D, into any) error {
	return s.db.RunCommand(ctx, command, options.RunCmd().SetReadPreference(readpref.PrimaryPreferred())).Decode(into)
}

// row tells who signed in and which database is read; the command that asks is the catalog's query,
// and was sent to sign in.
func (s *mongoSession) row(context.Context, string) ([]string, error) {
	if len(s.status.Auth.Users) == 0 {
		return nil, errNoRow
	}
	who := s.status.Auth.Users[0]
	return []string{who.User + "@" + who.DB, s.db.Name()}, nil
}

func (s *mongoSession) read(ctx context.Context, table string, opened func()) (string, error) {
	collections, err := s.collections(ctx)
	switch {
	case err != nil:
		return "", err
	case table != "" && !slices.Contains(collections, table):
		// Who may not read a collection does not see it, so the read itself is asked first.
		if err := s.first(ctx, table, func() {}); err != nil {
			return "", err
		}
		return "", absentError{table}
	case table != "":
		collections = []string{table}
	case len(collections) == 0:
		return "", absentError{s.db.Name()}
	}
	return readFirst(alone(collections), func(name []string) error { return s.first(ctx, name[0], opened) })
}

// listing bounds the names of collections that are read.
const listing = 10_000

// collections lists what the login may see, the server's own left out. The driver's own call asks a
// primary alone.
func (s *mongoSession) collections(ctx context.Context) ([]string, error) {
	var listed struct {
		Cursor struct {
			Batch []struct {
				Name string `bson:"name"`
			} `bson:"firstBatch"`
		} `bson:"cursor"`
	}
	command := bson.D{{Key: "listCollections", Value: 1}, {Key: "nameOnly", Value: true}, {Key: "authorizedCollections", Value: true},
		{Key: "cursor", Value: bson.D{{Key: "batchSize", Value: listing}}}}
	if err := s.run(ctx, command, &listed); err != nil {
		return nil, err
	}
	var names []string
	for _, c := range listed.Cursor.Batch {
		if !strings.HasPrefix(c.Name, "system.") {
			names = append(names, c.Name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// alone are the first few collections, as names of one part.
func alone(collections []string) [][]string {
	var names [][]string
	for _, n := range collections[:min(len(collections), attempts)] {
		names = append(names, []string{n})
	}
	return names
}

func (s *mongoSession) first(ctx context.Context, collection string, opened func()) error {
	found, err := s.db.Collection(collection).Find(ctx, bson.D{}, options.Find().SetLimit(1).SetProjection(bson.D{{Key: "_id", Value: 1}}))
	if err != nil {
		return err
	}
	defer found.Close(ctx)
	opened()
	found.Next(ctx)
	return found.Err()
}

// mongoWrites are the actions by which a login could change something.
var mongoWrites = []string{"insert", "update", "remove", "dropCollection", "dropDatabase", "createCollection", "createIndex", "anyAction"}

// noops is how often a primary without work writes an entry all the same (periodicNoopIntervalSecs),
// so that a replica whose last entry is younger is not behind.
const noops = 10 * time.Second

func (s *mongoSession) state(ctx context.Context) (integration.ServerState, error) {
	var state integration.ServerState
	for _, p := range s.status.Auth.Privileges {
		state.Writable = state.Writable || slices.ContainsFunc(p.Actions, func(a string) bool { return slices.Contains(mongoWrites, a) })
	}
	var build struct {
		Version string `bson:"version"`
	}
	if err := s.told(ctx, "buildInfo", &build); err != nil {
		return state, err
	}
	state.Version = build.Version
	var hello struct {
		Secondary bool      `bson:"secondary"`
		LocalTime time.Time `bson:"localTime"`
		LastWrite struct {
			At time.Time `bson:"lastWriteDate"`
		} `bson:"lastWrite"`
	}
	if err := s.told(ctx, "hello", &hello); err != nil {
		return state, err
	}
	if state.Replica = hello.Secondary; state.Replica && !hello.LastWrite.At.IsZero() {
		state.LagKnown = true
		if behind := hello.LocalTime.Sub(hello.LastWrite.At); behind > noops {
			state.Lag = behind
		}
	}
	return state, nil
}

// told asks what a server may refuse to tell; its refusal is no error.
func (s *mongoSession) told(ctx context.Context, command string, into any) error {
	err := s.run(ctx, bson.D{{Key: command, Value: 1}}, into)
	if code, _ := (mongoDB{}).code(err); code != "" {
		return nil
	}
	return err
}

func (s *mongoSession) close(ctx context.Context) {
	s.end()
	_ = s.client.Disconnect(ctx)
}
