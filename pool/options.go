package pool

import (
	"context"
	"log/slog"
	"net"
	"time"
)

// Options says how a Pool behaves. The zero value is good for most uses; in
// each field zero stands for the default that is named there.
type Options struct {
	// Dial opens a connection. It may also do what must come first on it, such
	// as TLS, a greeting or a login. Its context ends after DialTimeout or when
	// the pool is closed, not when the caller of Get gives up: then the
	// connection is kept for the next one. It has the caller's values.
	// Default: a Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	// DialTimeout bounds Dial. Default: 10 s. Negative: no limit.
	DialTimeout time.Duration

	// MaxPerDestination bounds the connections to one destination, lent and
	// idle ones together; who comes then waits. Default: 100. Negative: no limit.
	MaxPerDestination int

	// MaxTotal bounds the connections to all destinations together. When it is
	// reached, the connection that was idle for longest makes room, or who
	// comes waits. It should be well above what is in use at a time: a pool
	// that is full closes and dials again. Default: no limit.
	MaxTotal int

	// MaxWaiting bounds how many may wait for one destination; further ones
	// get ErrTooManyWaiting at once. Default: no limit. Negative: none may wait.
	MaxWaiting int

	// IdleTimeout is how long a connection may be unused before it is closed,
	// kept to within CheckInterval. It should be shorter than the server's, by
	// default 75 s in nginx and 60 s in AWS's load balancers, but 5 s in Apache
	// and Node.js. Default: 30 s. Negative: no limit.
	IdleTimeout time.Duration

	// MaxLifetime is how old a connection may get. It lets load spread to
	// servers that were added, and follows a name whose address has changed. A
	// connection in use is not interrupted. Default: 30 min. Negative: no limit.
	MaxLifetime time.Duration

	// Jitter shortens the lifetime of each connection by a random time of up
	// to this, so that those that were made together do not end together.
	// Default: a tenth of MaxLifetime. Negative: none.
	Jitter time.Duration

	// CheckInterval is how often idle connections are looked at: the longest
	// time that a closed one stays in CLOSE_WAIT. A look costs about half a
	// microsecond. Default: 1 s; less than 1 ms counts as 1 ms.
	CheckInterval time.Duration

	// BackoffMin is how long a destination is left alone after a failed dial:
	// a Get that needs a new connection then fails at once with a
	// *BackoffError. It doubles with each failure up to BackoffMax, less a
	// random part of up to a fifth. Default: 100 ms. Negative: no backoff.
	BackoffMin time.Duration

	// BackoffMax is the longest backoff. Default: 5 s, at least BackoffMin.
	BackoffMax time.Duration

	// ForgetAfter is how long a destination without connections is remembered
	// (its statistics are then kept only in the sum), so that a program
	// that talks to ever new destinations does not grow. Default: 2 min.
	ForgetAfter time.Duration

	// Logger gets what happens to connections at level Debug, failed dials
	// and bytes that nobody asked for at level Warn. Default: none.
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Dial == nil {
		o.Dial = new(Dialer).DialContext
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.MaxPerDestination == 0 {
		o.MaxPerDestination = 100
	}
	o.DialTimeout = orDefault(o.DialTimeout, 10*time.Second)
	o.IdleTimeout = orDefault(o.IdleTimeout, 30*time.Second)
	o.MaxLifetime = orDefault(o.MaxLifetime, 30*time.Minute)
	o.Jitter = orDefault(o.Jitter, o.MaxLifetime/10)
	o.CheckInterval = max(orDefault(o.CheckInterval, time.Second), time.Millisecond)
	o.BackoffMin = orDefault(o.BackoffMin, 100*time.Millisecond)
	o.BackoffMax = max(orDefault(o.BackoffMax, 5*time.Second), o.BackoffMin)
	o.ForgetAfter = max(orDefault(o.ForgetAfter, 2*time.Minute), 0)
	return o
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}
