package channel_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"relink/backend/integration"
	"relink/build/canary"
)

func mailChannel(security string) integration.Channel {
	return integration.Channel{ID: "chn_mail", Kind: integration.ChannelEmail, Settings: map[string]string{
		"host": "smtp.example", "port": "587", "security": security, "username": "relink@shop.example", "from": "Relink <relink@shop.example>", "to": "ana@shop.example, joe@agency.example",
	}}
}

func TestMailIsEncryptedSignedInAndOneConversation(t *testing.T) {
	for _, mode := range []string{"starttls", "tls"} {
		w := newWorld(t)
		office := w.office(mode)
		reference, err := w.sender().Send(t.Context(), mailChannel(mode), texts("password", password), message)
		check(t, err)
		_, err = w.sender().Send(t.Context(), mailChannel(mode), texts("password", password), followUp(reference))
		check(t, err)
		got := office.Letters()
		if len(got) != 2 || got[0].From != "relink@shop.example" || !slices.Equal(got[0].To, []string{"ana@shop.example", "joe@agency.example"}) {
			t.Fatalf("%s: took %+v", mode, got)
		}
		first, second := got[0].Header, got[1].Header
		id := first.Get("Message-Id")
		if id != "<thr_1.broken@shop.example>" || second.Get("In-Reply-To") != id || second.Get("References") != id || second.Get("Message-Id") == id {
			t.Errorf("%s: %q is answered by %q with %q", mode, id, second.Get("Message-Id"), second.Get("In-Reply-To"))
		}
		if got[1].Subject != "Re: "+message.Title || first.Get("Auto-Submitted") != "auto-generated" {
			t.Errorf("%s: the subject is %q", mode, got[1].Subject)
		}
		if !strings.HasPrefix(got[1].Text, "Shop works again") {
			t.Errorf("%s: the recovery reads %q", mode, got[1].Text)
		}
		seen := w.inTheClear()
		if strings.Contains(seen, "AUTH") || strings.Contains(seen, "ana@") || strings.Contains(seen, "STARTTLS") != (mode == "starttls") {
			t.Errorf("%s: on the way it reads %q", mode, seen)
		}
	}
}

func TestMailIsNotSentInTheClear(t *testing.T) {
	for _, mode := range []string{"starttls", "tls"} {
		w := newWorld(t)
		office := w.office("plain")
		_, err := w.sender().Send(t.Context(), mailChannel(mode), texts("password", password), message)
		if codeOf(err) != integration.DeliveryUntrusted || len(office.Letters()) != 0 {
			t.Errorf("%s: %s after %d letters", mode, codeOf(err), len(office.Letters()))
		}
		if seen := w.inTheClear(); strings.Contains(seen, "AUTH") || canary.Find([]byte(seen), password) != "" || strings.Contains(seen, "ana@") {
			t.Errorf("%s: it was tried with %q", mode, seen)
		}
	}
}

func TestMailTellsAWrongPasswordFromAWrongReceiver(t *testing.T) {
	for _, mode := range []string{"starttls", "tls"} {
		w := newWorld(t)
		office := w.office(mode)
		nobody, unnamed := mailChannel(mode), mailChannel(mode)
		nobody.Settings["to"] = "nobody@shop.example"
		unnamed.Settings["username"] = ""
		for _, tc := range []struct {
			name, password string
			channel        integration.Channel
			code           string
			status         int
		}{
			{"a wrong password", password + "!", mailChannel(mode), integration.DeliveryRefused, 535},
			{"no sign-in", password, unnamed, integration.DeliveryRefused, 530},
			{"a wrong receiver", password, nobody, integration.DeliveryRejected, 550},
		} {
			_, err := w.sender().Send(t.Context(), tc.channel, texts("password", tc.password), message)
			failed, _ := err.(*integration.DeliveryError)
			if failed == nil || failed.Code != tc.code || failed.Status != tc.status {
				t.Errorf("%s: %s is %v, want %s (%d)", mode, tc.name, err, tc.code, tc.status)
			}
			if form := canary.Find([]byte(fmt.Sprintf("%v %+v", err, err)), password); form != "" {
				t.Errorf("%s: the error holds the password (%s)", mode, form)
			}
		}
		if len(office.Letters()) != 0 {
			t.Errorf("%s: %d letters were taken all the same", mode, len(office.Letters()))
		}
	}
}

func TestMailServersThatCannotBeTrustedOrReachedAreToldApart(t *testing.T) {
	for _, mode := range []string{"starttls", "tls"} {
		w := newWorld(t)
		office := w.office(mode)
		stranger := newWorld(t) // its sender trusts a root of its own
		stranger.mail = w.mail
		_, err := stranger.sender().Send(t.Context(), mailChannel(mode), texts("password", password), message)
		if codeOf(err) != integration.DeliveryUntrusted || strings.Contains(stranger.inTheClear(), "AUTH") || len(office.Letters()) != 0 {
			t.Errorf("%s: a certificate of nobody known is %s", mode, codeOf(err))
		}
		stranger.mail = "127.0.0.1:1"
		_, err = stranger.sender().Send(t.Context(), mailChannel(mode), texts("password", password), message)
		if codeOf(err) != integration.DeliveryUnreachable {
			t.Errorf("%s: no server is %s", mode, codeOf(err))
		}
	}
}

func TestAMailServerThatAsksForPatienceTakesTheSameLetterLater(t *testing.T) {
	w := newWorld(t)
	office := w.office("starttls")
	office.Fail(451)
	send := func() (string, error) {
		return w.sender().Send(t.Context(), mailChannel("starttls"), texts("password", password), message)
	}
	if _, err := send(); codeOf(err) != integration.DeliveryBusy {
		t.Errorf("451 is %s", codeOf(err))
	}
	office.Fail(554)
	if _, err := send(); codeOf(err) != integration.DeliveryRejected {
		t.Errorf("554 is %s", codeOf(err))
	}
	office.Fail(0)
	reference, err := send()
	check(t, err)
	if got := office.Letters(); len(got) != 1 || got[0].Header.Get("Message-Id") != "<"+reference+">" {
		t.Errorf("taken: %+v", got)
	}
}

func TestANameCannotAddAHeader(t *testing.T) {
	w := newWorld(t)
	office := w.office("starttls")
	evil := message
	evil.Title = "Shop\r\nBcc: everybody@evil.example\r\n\r\nhello"
	_, err := w.sender().Send(t.Context(), mailChannel("starttls"), texts("password", password), evil)
	check(t, err)
	got := office.Letters()
	if len(got) != 1 || got[0].Header.Get("Bcc") != "" || len(got[0].To) != 2 || strings.Contains(got[0].Raw, "\nBcc:") {
		t.Errorf("the letter is %+v", got)
	}
}
