package probe

import (
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// rows asks over a connection of a database/sql driver, without database/sql: its pool would sign in
// again by itself.
type rows struct {
	conn  sqldriver.Conn
	fault func(error) error // gives the driver's own errors the meaning that Network knows
	by    driver
}

// table returns the names of a result's columns and its first rows, as texts.
func (s rows) table(ctx context.Context, query string, most int) (names []string, found [][]string, err error) {
	answer, err := s.ask(ctx, query)
	if err != nil {
		return nil, nil, s.fault(err)
	}
	defer answer.Close()
	names = answer.Columns()
	for len(found) < most {
		values := make([]sqldriver.Value, len(names))
		if err := answer.Next(values); err == io.EOF {
			break
		} else if err != nil {
			return nil, nil, s.fault(err)
		}
		found = append(found, texts(values))
	}
	return names, found, nil
}

// ask sends a query, prepared only where the driver knows no other way.
func (s rows) ask(ctx context.Context, query string) (sqldriver.Rows, error) {
	if q, ok := s.conn.(sqldriver.QueryerContext); ok {
		return q.QueryContext(ctx, query, nil)
	}
	p, ok := s.conn.(sqldriver.ConnPrepareContext)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	statement, err := p.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	q, ok := statement.(sqldriver.StmtQueryContext)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	return q.QueryContext(ctx, nil)
}

func texts(values []sqldriver.Value) []string {
	columns := make([]string, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case nil:
		case []byte:
			columns[i] = string(v)
		case time.Time:
			columns[i] = v.UTC().Format(time.RFC3339)
		default:
			columns[i] = fmt.Sprint(v)
		}
	}
	return columns
}

func (s rows) row(ctx context.Context, query string) ([]string, error) {
	_, found, err := s.table(ctx, query, 1)
	if err == nil && len(found) == 0 {
		return nil, errNoRow
	}
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// most bounds the rows of what a server tells about a login.
const most = 200

// optional asks what a server may refuse to tell; its refusal is no error.
func (s rows) optional(ctx context.Context, query string) ([][]string, error) {
	_, found, err := s.table(ctx, query, most)
	if code, _ := s.by.code(err); code != "" {
		return nil, nil
	}
	return found, err
}

// read reads a row of the named table, or of one of those that the query any lists.
func (s rows) read(ctx context.Context, table, any string, query func(name []string) string, opened func()) (string, error) {
	names := [][]string{strings.Split(table, ".")}
	if table == "" {
		var err error
		if _, names, err = s.table(ctx, any, attempts); err != nil {
			return "", err
		}
	}
	return readFirst(names, func(name []string) error {
		answer, err := s.ask(ctx, query(name))
		if err != nil {
			return s.fault(err)
		}
		defer answer.Close()
		opened()
		if err := answer.Next(make([]sqldriver.Value, len(answer.Columns()))); err != nil && err != io.EOF {
			return s.fault(err)
		}
		return nil
	})
}

// readFirst reads until one succeeds and returns its name, and tells the first error when none does.
func readFirst(names [][]string, read func(name []string) error) (string, error) {
	var first error
	for _, name := range names {
		err := read(name)
		if err == nil {
			return whole(name), nil
		}
		if first == nil {
			first = err
		}
	}
	return "", first
}

// whole writes a name as a setting would have it; "" for one that could not be taken apart again.
func whole(name []string) string {
	if len(name) > 1 && strings.Contains(strings.Join(name, ""), ".") {
		return ""
	}
	return strings.Join(name, ".")
}

func (s rows) close(context.Context) { _ = s.conn.Close() }

// quoted writes the parts of a table's name between quotes, which are doubled inside.
func quoted(name []string, open, end string) string {
	parts := make([]string, len(name))
	for i, part := range name {
		parts[i] = open + strings.ReplaceAll(part, end, end+end) + end
	}
	return strings.Join(parts, ".")
}

// number writes a server's numeric code.
func number[N ~uint16 | ~int32](n N) string { return strconv.Itoa(int(n)) }
