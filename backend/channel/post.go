package channel

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"relink/backend/integration"
)

// How much of an answer is read.
const (
	maxBody   = 64 << 10
	maxHeader = 32 << 10
)

// longestWait bounds what a Retry-After may ask for.
const longestWait = 6 * time.Hour

// post sends JSON and returns the answer's body. Nothing is followed: a redirect counts as a refusal.
func (s *Sender) post(ctx context.Context, address string, header http.Header, body any) ([]byte, error) {
	content, err := json.Marshal(body)
	if err != nil {
		return nil, &integration.DeliveryError{Code: integration.DeliveryRejected}
	}
	return s.postRaw(ctx, address, header, content)
}

func (s *Sender) postRaw(ctx context.Context, address string, header http.Header, content []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(content))
	if err != nil {
		return nil, &integration.DeliveryError{Code: integration.DeliveryRefused}
	}
	if header != nil {
		req.Header = header.Clone()
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", "Relink")
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, unreached(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err != nil {
		return nil, unreached(err)
	}
	if resp.StatusCode/100 != 2 {
		return answer, &integration.DeliveryError{Code: meaning(resp.StatusCode), Status: resp.StatusCode, RetryAfter: s.retryAfter(resp.Header)}
	}
	return answer, nil
}

// unreached sorts what kept a request from its answer. The text of the error would repeat the address.
func unreached(err error) error {
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	if errors.As(err, &certificate) || errors.As(err, &record) || errors.As(err, &alert) {
		return &integration.DeliveryError{Code: integration.DeliveryUntrusted}
	}
	return &integration.DeliveryError{Code: integration.DeliveryUnreachable}
}

func meaning(status int) string {
	switch {
	case status == http.StatusTooManyRequests, status == http.StatusRequestTimeout, status >= 500:
		return integration.DeliveryBusy
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusNotFound,
		status == http.StatusGone, status/100 == 3:
		return integration.DeliveryRefused
	}
	return integration.DeliveryRejected
}

// retryAfter reads the header in seconds or as a date (RFC 9110 section 10.2.3); 0 for none.
func (s *Sender) retryAfter(h http.Header) time.Duration {
	value := h.Get("Retry-After")
	wait := time.Duration(0)
	if seconds, err := strconv.ParseFloat(value, 64); err == nil && seconds > 0 && seconds < longestWait.Seconds() {
		wait = time.Duration(seconds * float64(time.Second))
	} else if err == nil && seconds > 0 {
		wait = longestWait
	} else if at, err := http.ParseTime(value); err == nil {
		wait = at.Sub(s.o.Now())
	}
	return min(max(wait, 0), longestWait)
}
