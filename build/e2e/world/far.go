package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"relink/backend/sandbox"
	"relink/build/peers"
)

// mailPassword is the one that the SMTP server wants.
const mailPassword = "CNRY-mail-password-0123456789"

// far is what lies beyond this computer, behind a proxy: the Update Cycle Status API, the services that
// carry notices, and an SMTP server that insists on encryption.
type far struct {
	ctx       context.Context
	net       *peers.Internet
	mail      string // the SMTP server's port
	mu        sync.Mutex
	warehouse *sandbox.Warehouse
	arrived   []arrival
}

// arrival is a notice that came to its receiver.
type arrival struct {
	Where string `json:"where"` // host and path, or the addresses of a letter
	Text  string `json:"text"`
}

func openFar(ctx context.Context, folder string) (*far, error) {
	internet, err := peers.OpenInternet(folder)
	if err != nil {
		return nil, err
	}
	f := &far{ctx: ctx, net: internet}
	for host, answer := range map[string]string{
		"hooks.slack.com": "ok", "slack.com": `{"ok":true,"ts":"1.2"}`, "prod-1.westeurope.logic.azure.com": "", "discord.com": `{"id":"1"}`,
		"api.telegram.org": `{"ok":true,"result":{"message_id":1}}`, "shop.example": "",
	} {
		internet.Play(host, f.taking(answer))
	}
	return f, f.openMail()
}

// taking is a service that takes whatever is posted.
func (f *far) taking(answer string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		f.take(arrival{r.Host + r.URL.Path, string(body)})
		_, _ = io.WriteString(w, answer) // whoever posted may be gone
	})
}

func (f *far) take(a arrival) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.arrived = append(f.arrived, a)
}

func (f *far) openMail() error {
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &letter{far: f}, nil }))
	server.Domain, server.TLSConfig = "localhost", &tls.Config{GetCertificate: f.net.Certificate}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	_, f.mail, err = net.SplitHostPort(listener.Addr().String())
	context.AfterFunc(f.ctx, func() { _ = server.Close() })
	go func() { _ = server.Serve(listener) }()
	return err
}

// letter is one that is being handed over.
type letter struct {
	far  *far
	user string
	to   string
}

func (l *letter) AuthMechanisms() []string { return []string{sasl.Plain} }

func (l *letter) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if password != mailPassword {
			return smtp.ErrAuthFailed
		}
		l.user = user
		return nil
	}), nil
}

func (l *letter) Mail(string, *smtp.MailOptions) error {
	if l.user == "" {
		return smtp.ErrAuthRequired
	}
	return nil
}

func (l *letter) Rcpt(to string, _ *smtp.RcptOptions) error { l.to += to + " "; return nil }

func (l *letter) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	l.far.take(arrival{l.to, string(text)})
	return err
}

func (l *letter) Reset()        { l.to = "" }
func (l *letter) Logout() error { return nil }

// turn does what the switch says and returns what the test needs of it.
func (f *far) turn(name, value string) (any, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch name {
	case "net":
		return map[string]string{"proxy": f.net.Proxy, "roots": f.net.Roots, "mailPort": f.mail, "mailPassword": mailPassword}, nil
	case "arrived":
		arrived := f.arrived
		f.arrived = nil
		return append([]arrival{}, arrived...), nil
	case "warehouse":
		// A new account each time: it may be asked once a minute.
		opened, err := sandbox.StartWarehouse(f.ctx, time.Now)
		if err != nil {
			return nil, err
		}
		f.warehouse = opened
		f.net.Play("api.rjmetrics.com", opened)
		return map[string]string{"client": strconv.Itoa(opened.Client), "key": opened.Key}, nil
	case "update":
		var told struct {
			State string
			Hours float64
		}
		if err := json.Unmarshal([]byte(value), &told); err != nil {
			return nil, err
		}
		f.warehouse.Finish(told.State, time.Now().Add(-time.Duration(told.Hours*float64(time.Hour))))
	case "disable":
		f.warehouse.DisableKey()
	default:
		return nil, fmt.Errorf("no switch %q", name)
	}
	return "", nil
}
