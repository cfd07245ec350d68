package oauth

import (
	"errors"
	"net/http"
	"time"
)

// guard lets through what a browser sends for the redirect: GET, for our own authority. A page of
// another site that had its name point here is told apart by Host.
func (rc *Receiver) guard(authority string) http.Handler {
	mux := map[string]http.HandlerFunc{
		rc.path:               rc.redirected,
		rc.clean:              rc.working,
		rc.clean + "/outcome": rc.result,
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rc.listener.busy(r.Context())
		rc.pages.protect(w.Header())
		serve, known := mux[r.URL.Path]
		switch {
		case r.Host != authority:
			rc.ignore(w, http.StatusMisdirectedRequest, "other host")
		case !known:
			rc.ignore(w, http.StatusNotFound, "other path")
		case r.Method != http.MethodGet:
			w.Header().Set("Allow", http.MethodGet)
			rc.ignore(w, http.StatusMethodNotAllowed, "other method")
		default:
			serve(w, r)
		}
	})
}

// ignore answers a request that is not the genuine one. Its page says the same for all of them.
func (rc *Receiver) ignore(w http.ResponseWriter, status int, why string) {
	rc.log.Info("a request to the redirect address was ignored", "why", why)
	write(w, status, rc.pages.failure)
}

// redirected takes the server's answer and sends the browser to an address without it.
func (rc *Receiver) redirected(w http.ResponseWriter, r *http.Request) {
	switch err := rc.take(r.URL.RawQuery); {
	case errors.Is(err, errNotAwaited):
		rc.ignore(w, http.StatusGone, err.Error())
	case err != nil:
		rc.ignore(w, http.StatusBadRequest, err.Error())
	default:
		w.Header().Set("Location", rc.clean)
		w.WriteHeader(http.StatusSeeOther)
	}
}

var errNotAwaited = errors.New("nothing is awaited")

// take passes the genuine answer on to Await.
func (rc *Receiver) take(rawQuery string) error {
	rc.mu.Lock()
	defer rc.mu.Unlock()
	if rc.request == nil {
		return errNotAwaited
	}
	c, err := rc.request.answer(rawQuery)
	if err != nil {
		return err
	}
	rc.answered, rc.request = true, nil
	rc.genuine <- c // one receiver takes one answer, so there is room
	return nil
}

// working is the page at the clean address; it goes on to ask for the outcome, or has it at once.
func (rc *Receiver) working(w http.ResponseWriter, _ *http.Request) {
	if !rc.wasAnswered() {
		rc.ignore(w, http.StatusNotFound, "too early")
		return
	}
	select {
	case <-rc.finished:
		rc.show(w)
	default:
		write(w, http.StatusOK, rc.pages.working)
	}
}

// result holds the browser's request until the outcome is known, so that no script is needed.
func (rc *Receiver) result(w http.ResponseWriter, r *http.Request) {
	if !rc.wasAnswered() {
		rc.ignore(w, http.StatusNotFound, "too early")
		return
	}
	timer := time.NewTimer(holdFor)
	defer timer.Stop()
	select {
	case <-rc.finished:
		rc.show(w)
	case <-timer.C:
		write(w, http.StatusOK, rc.pages.working)
	case <-rc.closing:
		write(w, http.StatusOK, rc.pages.failure)
	case <-r.Context().Done():
	}
}

func (rc *Receiver) show(w http.ResponseWriter) {
	rc.mu.Lock()
	body := rc.pages.failure
	if *rc.outcome {
		body = rc.pages.success
	}
	rc.mu.Unlock()
	write(w, http.StatusOK, body)
	_ = http.NewResponseController(w).Flush()
	rc.showOnce.Do(func() { close(rc.shown) })
}

func (rc *Receiver) wasAnswered() bool {
	rc.mu.Lock()
	defer rc.mu.Unlock()
	return rc.answered
}
