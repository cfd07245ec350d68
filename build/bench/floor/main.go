// Command floor is the least that a sweep can cost: net/http over kept-alive connections, and one row
// for each check, written to SQLite in batches.
//
// # Why
// Relink is measured against it, in the same minute and with the same target, because a ratio says more
// than a time. It has no schedule, no secrets, no diagnosis and no history.
package main

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	_ "modernc.org/sqlite"

	"relink/build/bench/script"
)

const batch = 500

type row struct {
	n       int
	at      time.Time
	status  int
	latency time.Duration
}

func main() {
	target := flag.String("target", "", "address of the target")
	folder := flag.String("dir", "", "folder of the database")
	n := flag.Int("n", 1000, "integrations")
	flag.Parse()
	if err := run(*target, *folder, *n); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run sweeps once for every line "sweep", answers it with the wall time, and tells for "count" how many were well.
func run(target, folder string, n int) error {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(folder, "floor.db")+
		"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)")
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`CREATE TABLE IF NOT EXISTS checks (n INTEGER, at TEXT, status INTEGER, latency INTEGER) STRICT`); err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: script.AtOnce, MaxIdleConns: script.AtOnce}}
	answer := json.NewEncoder(os.Stdout)
	_ = answer.Encode(map[string]string{"ready": "floor"})
	lines := bufio.NewScanner(os.Stdin)
	good := 0
	for lines.Scan() {
		if lines.Text() == "count" {
			_ = answer.Encode(map[string]any{"good": good})
			continue
		}
		began := time.Now()
		if good, err = sweep(client, db, target, n); err != nil {
			return err
		}
		_ = answer.Encode(map[string]any{"wall_ns": time.Since(began).Nanoseconds()})
	}
	return lines.Err()
}

func sweep(client *http.Client, db *sql.DB, target string, n int) (good int, err error) {
	queue, rows := make(chan int), make(chan row, script.AtOnce)
	var workers sync.WaitGroup
	for range script.AtOnce {
		workers.Go(func() {
			for i := range queue {
				rows <- check(client, target, i)
			}
		})
	}
	go func() {
		for i := range n {
			queue <- i
		}
		close(queue)
		workers.Wait()
		close(rows)
	}()
	var gathered []row
	for r := range rows {
		if r.status == http.StatusOK {
			good++
		}
		if gathered = append(gathered, r); len(gathered) == batch {
			if err := store(db, gathered); err != nil {
				return good, err
			}
			gathered = gathered[:0]
		}
	}
	return good, store(db, gathered)
}

func check(client *http.Client, target string, n int) row {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	r := row{n: n, at: time.Now()}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target+script.Path(n), nil)
	if err != nil {
		return r
	}
	request.Header.Set("Authorization", "Bearer key")
	response, err := client.Do(request)
	if err != nil {
		return r
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	var account struct{ ID string }
	if err == nil && json.Unmarshal(body, &account) == nil {
		r.status = response.StatusCode
	}
	r.latency = time.Since(r.at)
	return r
}

func store(db *sql.DB, rows []row) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	insert, err := tx.Prepare(`INSERT INTO checks (n, at, status, latency) VALUES (?, ?, ?, ?)`)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if _, err := insert.Exec(r.n, r.at.UTC().Format(time.RFC3339Nano), r.status, r.latency.Milliseconds()); err != nil {
			return err
		}
	}
	return tx.Commit()
}
