package commerce_test

import (
	"testing"
	"time"

	"relink/backend/commerce"
	in "relink/backend/integration"
)

func TestHostKeysThereAreRefreshedTwiceThenTheTicketIsReady(t *testing.T) {
	const minute = time.Minute
	at := now
	var k in.KeyRefresh
	want := func(after time.Duration, state commerce.KeyState, attempt int) {
		t.Helper()
		at = at.Add(after)
		if got := commerce.Keys(k, at); got.State != state || got.Attempt != attempt || got.Of != 2 {
			t.Fatalf("%+v, want %s, attempt %d", got, state, attempt)
		}
	}
	want(0, commerce.KeysRefresh, 1)
	k = commerce.Refreshed(k, at)
	want(minute, commerce.KeysWait, 1)
	if until := commerce.Keys(k, at).Until; !until.Equal(now.Add(5 * minute)) {
		t.Errorf("wait until %s", until)
	}
	k = commerce.Refreshed(k, at) // pressed again while it is waited for
	if len(k.Refreshes) != 1 {
		t.Errorf("a second press counts as %d attempts", len(k.Refreshes))
	}
	want(4*minute, commerce.KeysTest, 1)
	k = commerce.Tested(k, false, at)
	want(0, commerce.KeysRefresh, 2)
	k = commerce.Refreshed(k, at.Add(minute))
	want(2*minute, commerce.KeysWait, 2)
	want(5*minute, commerce.KeysTest, 2)
	k = commerce.Tested(k, false, at)
	want(0, commerce.KeysTicket, 2)
	k = commerce.Refreshed(k, at) // begun anew
	want(minute, commerce.KeysWait, 1)
}

func TestHostKeysThereGoToSupportAfterThirtyMinutes(t *testing.T) {
	k := commerce.Refreshed(in.KeyRefresh{}, now)
	if got := commerce.Keys(k, now.Add(29*time.Minute)); got.State != commerce.KeysTest {
		t.Errorf("after 29 minutes: %+v", got)
	}
	if got := commerce.Keys(k, now.Add(30*time.Minute)); got.State != commerce.KeysTicket {
		t.Errorf("after 30 minutes: %+v", got)
	}
	k = commerce.Tested(k, true, now.Add(31*time.Minute))
	if got := commerce.Keys(k, now.Add(40*day)); got.State != commerce.KeysPassed {
		t.Errorf("passed in the end: %+v", got)
	}
	if k = commerce.Refreshed(k, now.Add(41*day)); len(k.Refreshes) != 1 || commerce.Keys(k, now.Add(41*day)).State != commerce.KeysWait {
		t.Errorf("the next time: %+v", k)
	}
	if k = commerce.Tested(in.KeyRefresh{}, true, now); commerce.Keys(k, now).State != commerce.KeysPassed {
		t.Errorf("a test without a refresh: %+v", k)
	}
}
