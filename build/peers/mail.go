package peers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// MailOptions say what a MailServer asks of those who bring mail.
type MailOptions struct {
	Certificate, Key []byte // PEM; without them nothing is encrypted
	Implicit         bool   // encrypted before the first word (RFC 8314); else by STARTTLS, which is required
	User, Password   string // that it accepts; "" for everybody
	Receivers        string // a regular expression of those that it takes mail for; "" for all
}

// Mailpit is a mail server for tests that keeps what it takes.
type Mailpit struct {
	Address string // of SMTP
	api     string
	client  *http.Client
	end     func()
}

// MailServer is mailpit in a test, which fails where mailpit does not answer.
type MailServer struct {
	*Mailpit
	t testing.TB
}

// Letter is one mail as mailpit took it.
type Letter struct {
	From    string
	To      []string
	Subject string // decoded
	Text    string // likewise
	Header  http.Header
	Raw     string
}

// Mail starts mailpit, which stands until the test ends.
func Mail(t testing.TB, o MailOptions) *MailServer {
	t.Helper()
	m, err := OpenMail(t.TempDir(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.End)
	return &MailServer{m, t}
}

// Letters are all that was taken, the first one first.
func (m *MailServer) Letters() []Letter {
	m.t.Helper()
	all, err := m.Mailpit.Letters(m.t.Context())
	if err != nil {
		m.t.Fatal(err)
	}
	return all
}

// Fail lets every sender be answered with this SMTP status from now on; 0 lets them in again.
func (m *MailServer) Fail(status int) {
	m.t.Helper()
	if err := m.Mailpit.Fail(m.t.Context(), status); err != nil {
		m.t.Fatal(err)
	}
}

// OpenMail starts mailpit, which stands until End; its files lie in folder.
func OpenMail(folder string, o MailOptions) (*Mailpit, error) {
	program, err := tool("mailpit")
	if err != nil {
		return nil, err
	}
	m := &Mailpit{client: &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}}
	listen := ""
	for _, address := range []*string{&m.Address, &listen} {
		port, err := FreePort()
		if err != nil {
			return nil, err
		}
		*address = net.JoinHostPort("127.0.0.1", port)
	}
	args, err := o.arguments(folder)
	if err != nil {
		return nil, err
	}
	args = append(args, "--smtp", m.Address, "--listen", listen, "--database", filepath.Join(folder, "mail.db"), "--disable-version-check",
		"--smtp-disable-rdns", "--enable-chaos", "--quiet", "--smtp-allowed-recipients", o.Receivers)
	m.api = "http://" + listen + "/api/v1/"
	m.end, err = serve(exec.Command(program, args...), m.api+"info")
	return m, err
}

// arguments are what the options are to mailpit; what it reads from files is written into folder.
func (o MailOptions) arguments(folder string) ([]string, error) {
	var args []string
	keep := func(argument, name string, content []byte) error {
		path := filepath.Join(folder, name)
		args = append(args, argument, path)
		return os.WriteFile(path, content, 0o600)
	}
	if o.User != "" {
		if err := keep("--smtp-auth-file", "users", []byte(o.User+":"+o.Password+"\n")); err != nil {
			return nil, err
		}
	}
	if o.Certificate == nil {
		return append(args, "--smtp-auth-allow-insecure"), nil
	}
	if err := errors.Join(keep("--smtp-tls-cert", "cert.pem", o.Certificate), keep("--smtp-tls-key", "key.pem", o.Key)); err != nil {
		return nil, err
	}
	if o.Implicit {
		return append(args, "--smtp-require-tls"), nil
	}
	return append(args, "--smtp-require-starttls"), nil
}

// End ends it.
func (m *Mailpit) End() { m.end() }

// Letters are all that was taken, the first one first.
func (m *Mailpit) Letters(ctx context.Context) ([]Letter, error) {
	var list struct {
		Messages []struct {
			ID      string
			Subject string
			From    struct{ Address string }
			To      []struct{ Address string }
		} `json:"messages"`
	}
	if err := m.ask(ctx, http.MethodGet, "messages?limit=1000", nil, jsonInto(&list)); err != nil {
		return nil, err
	}
	var all []Letter
	for _, one := range slices.Backward(list.Messages) {
		l := Letter{From: one.From.Address, Subject: one.Subject}
		for _, to := range one.To {
			l.To = append(l.To, to.Address)
		}
		at := "message/" + url.PathEscape(one.ID)
		var content struct{ Text string }
		err := errors.Join(
			m.ask(ctx, http.MethodGet, at, nil, jsonInto(&content)),
			m.ask(ctx, http.MethodGet, at+"/headers", nil, jsonInto(&l.Header)),
			m.ask(ctx, http.MethodGet, at+"/raw", nil, func(b []byte) error { l.Raw = string(b); return nil }),
		)
		if err != nil {
			return nil, err
		}
		l.Text = strings.ReplaceAll(content.Text, "\r\n", "\n")
		all = append(all, l)
	}
	return all, nil
}

func jsonInto(value any) func([]byte) error {
	return func(b []byte) error { return json.Unmarshal(b, value) }
}

// Fail lets every sender be answered with this SMTP status from now on; 0 lets them in again.
func (m *Mailpit) Fail(ctx context.Context, status int) error {
	order := map[string]any{}
	if status != 0 {
		order["Sender"] = map[string]int{"ErrorCode": status, "Probability": 100}
	}
	body, err := json.Marshal(order)
	if err != nil {
		return err
	}
	return m.ask(ctx, http.MethodPut, "chaos", body, func([]byte) error { return nil })
}

// ask speaks with mailpit's own interface.
func (m *Mailpit) ask(ctx context.Context, method, path string, body []byte, read func([]byte) error) error {
	req, err := http.NewRequestWithContext(ctx, method, m.api+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := m.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, said)
	}
	return read(said)
}
