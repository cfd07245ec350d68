package probe_test

import (
	"context"
	"crypto/tls"
	"database/sql"
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"

	"relink/backend/integration"
)

// BenchmarkDatabaseAgainstABareDriver compares the time of a whole check with that of the bare driver's
// connection and one query, in turns, against one real server: as the monitor makes it, from the second check on. The goal is 1.3 times.
func BenchmarkDatabaseAgainstABareDriver(b *testing.B) {
	for provider, c := range map[string]struct {
		start func() (*server, error)
		bare  func(*server) error
	}{"postgresql": {postgres, barePostgres}, "mysql": {mariadb, bareMySQL}} {
		b.Run(provider, func(b *testing.B) {
			s := needDatabases(b, c.start)
			p, on := newProber(b), login(b, provider, s, "relink", "right")
			on.Integration.ID = "int_1"
			probed := func() error {
				if e := p.Run(context.Background(), on); e.Stage != integration.StageDone {
					return fmt.Errorf("%+v", e)
				}
				return nil
			}
			timed := func(look func() error) time.Duration {
				began := time.Now()
				if err := look(); err != nil {
					b.Fatal(err)
				}
				return time.Since(began)
			}
			timed(func() error { return c.bare(s) })
			timed(probed)
			var floors, checks []time.Duration
			for b.Loop() {
				floors = append(floors, timed(func() error { return c.bare(s) }))
				checks = append(checks, timed(probed))
			}
			slices.Sort(floors)
			slices.Sort(checks)
			floor, check := floors[len(floors)/2], checks[len(checks)/2]
			b.ReportMetric(float64(check)/float64(floor), "time-ratio")
			b.ReportMetric(float64(floor)/float64(time.Millisecond), "floor-ms")
		})
	}
}

func barePostgres(s *server) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, "postgres://relink:right@"+net.JoinHostPort(s.host, s.port)+"/shop?sslmode=require")
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var one int
	return conn.QueryRow(ctx, "SELECT 1").Scan(&one)
}

func bareMySQL(s *server) error {
	config := mysql.NewConfig()
	config.User, config.Passwd, config.DBName, config.Net, config.Addr = "relink", "right", "shop", "tcp", net.JoinHostPort(s.host, s.port)
	config.TLS = &tls.Config{InsecureSkipVerify: true}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	var one int
	return db.QueryRow("SELECT 1").Scan(&one)
}
