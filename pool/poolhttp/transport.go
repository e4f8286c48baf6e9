// Package poolhttp sets net/http's own connection pool right, so that an HTTP
// client does not leave a socket in TIME_WAIT for each request.
//
// http.DefaultTransport keeps two idle connections to a host: with fifty
// requests at a time, up to forty-eight connections are closed when their request is
// done, and dialled anew for the next. It keeps idle ones for 90 seconds, longer
// than many servers do, so that a request can cross the server's FIN. And (before
// Go 1.27) it closes a connection whose response was not read to the end.
//
// Do not give a pool.Pool to http.Transport as its dialer: that pool could lend
// again a connection on which an answer is still to come.
package poolhttp

import (
	"cmp"
	"crypto/tls"
	"net/http"
	"time"

	"github.com/linger-dev/linger/pool"
)

// Options says how a Transport behaves. In each field zero stands for the
// default that is named there.
type Options struct {
	// Dialer opens connections. Default: a zero pool.Dialer with a timeout of 10 s.
	Dialer *pool.Dialer

	// TLS is for https. Default: that of net/http.
	TLS *tls.Config

	// MaxPerHost bounds the connections to one host, those in use and idle
	// ones; further requests wait until their context ends. HTTP/2 needs one.
	// Default: 100. Negative: no limit, and then 100 idle ones are kept.
	MaxPerHost int

	// IdleTimeout is how long a connection may be unused. It should be shorter
	// than the server's, see pool.Options.IdleTimeout. Default: 30 s.
	// Negative: no limit.
	IdleTimeout time.Duration

	// DrainBytes is how much of what the caller left unread of an HTTP/1
	// response is read away when it closes the body, so that the connection
	// can be used again. If there is more, the connection is closed. Default: 64 KiB.
	// Negative: none.
	DrainBytes int64

	// DrainTime is how long Close of a body waits for these. Default: 50 ms.
	DrainTime time.Duration
}

// Transport is an http.RoundTripper that keeps connections. It is safe for
// concurrent use; make one and share it. Like http.Transport it tries a request
// again that may be repeated, if the connection it was given had just been
// closed by the server.
type Transport struct {
	// HTTP does the work. Its fields may be changed before first use, for
	// example Proxy.
	HTTP *http.Transport

	drainBytes int64
	drainTime  time.Duration
}

var _ http.RoundTripper = (*Transport)(nil)

// New makes a transport. Use it as http.Client.Transport.
func New(o Options) *Transport {
	dialer := o.Dialer
	if dialer == nil {
		dialer = new(pool.Dialer)
		dialer.Base.Timeout = 10 * time.Second
	}
	perHost := cmp.Or(o.MaxPerHost, 100)
	t := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		TLSClientConfig:       o.TLS,
		TLSHandshakeTimeout:   10 * time.Second,
		ForceAttemptHTTP2:     true, // else a DialContext of one's own switches it off
		MaxConnsPerHost:       max(perHost, 0),
		MaxIdleConnsPerHost:   perHost, // every one that may be open may be kept
		IdleConnTimeout:       max(cmp.Or(o.IdleTimeout, 30*time.Second), 0),
		ExpectContinueTimeout: time.Second,
	}
	if perHost < 0 {
		t.MaxIdleConnsPerHost = 100
	}
	return &Transport{
		HTTP:       t,
		drainBytes: max(cmp.Or(o.DrainBytes, 64<<10), 0),
		drainTime:  cmp.Or(o.DrainTime, 50*time.Millisecond),
	}
}

// RoundTrip carries out one request, as http.RoundTripper says.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.HTTP.RoundTrip(r)
	// In HTTP/2 a closed body costs no connection; after an upgrade the body is
	// the connection itself.
	if err != nil || resp.ProtoMajor != 1 || resp.StatusCode == http.StatusSwitchingProtocols ||
		resp.Body == http.NoBody || t.drainBytes == 0 {
		return resp, err
	}
	resp.Body = &body{ReadCloser: resp.Body, drainBytes: t.drainBytes, drainTime: t.drainTime}
	return resp, nil
}

// CloseIdleConnections closes what is idle, also through
// http.Client.CloseIdleConnections.
func (t *Transport) CloseIdleConnections() { t.HTTP.CloseIdleConnections() }
