package rule

import (
	"fmt"

	"github.com/linger-dev/linger/internal/evidence"
)

// What is widely advised against TIME_WAIT and does not help. Each says why,
// so that a reader can check it.

// NotFinTimeout is about lowering tcp_fin_timeout.
func NotFinTimeout() Advice {
	return Advice{
		Do:      "lower tcp_fin_timeout",
		Because: "it bounds orphans in FIN_WAIT2 only; TIME_WAIT lasts 60 s, a constant of the kernel (TCP_TIMEWAIT_LEN)",
	}
}

// NotRecycle is about tcp_tw_recycle.
func NotRecycle(s *evidence.Settings) Advice {
	a := Advice{Do: "set tcp_tw_recycle", Because: "it was removed in Linux 4.12; before, it dropped connections from clients behind NAT"}
	if s.TWRecycle.State == evidence.Absent {
		a.Because = "this kernel does not have it (removed in 4.12); where it existed, it dropped connections from clients behind NAT"
	}
	return a
}

// NotFewerBuckets is about lowering tcp_max_tw_buckets.
func NotFewerBuckets() Advice {
	return Advice{
		Do:      "lower tcp_max_tw_buckets",
		Because: "it does not end TIME_WAIT sooner: beyond the limit a closing socket skips TIME_WAIT, the peer's repeated FIN gets a reset, and old segments may hit a new connection",
	}
}

// NotLinger is about SO_LINGER with a time of 0.
func NotLinger() Advice {
	return Advice{
		Do:      "close with SO_LINGER {1, 0}",
		Because: "it avoids TIME_WAIT by a reset: data not yet sent or read is lost, and the peer sees ECONNRESET",
	}
}

// NotReuseAddr is about SO_REUSEADDR on a client.
func NotReuseAddr() Advice {
	return Advice{
		Do:      "set SO_REUSEADDR on the client",
		Because: "connect() without bind() ignores it",
	}
}

// NotReuseOnServer is about tcp_tw_reuse for accepted connections.
func NotReuseOnServer() Advice {
	return Advice{
		Do:      "set tcp_tw_reuse on the server",
		Because: "it acts only in connect(): an accepted connection's TIME_WAIT is replaced by the client's next SYN without it",
	}
}

// NotMore is about settings that have nothing to do with TIME_WAIT.
func NotMore() Advice {
	return Advice{
		Do:      "raise somaxconn, tcp_max_syn_backlog or file limits",
		Because: "they bound waiting connections and open descriptors; a TIME_WAIT socket is neither",
	}
}

// KeepAlive is the advice that comes first wherever connections are many and
// short; rate is their closes per second, 0 if not known.
func KeepAlive(rate float64) Advice {
	a := Advice{
		Do:      "keep connections open and use them again (HTTP keep-alive, a connection pool)",
		Because: "a connection that is not closed leaves no TIME_WAIT",
	}
	if rate >= 1 {
		a.Because = fmt.Sprintf("at %s closes, ten requests on each connection would leave a tenth of the TIME_WAIT sockets: about %s instead of %s",
			PerSecond(rate), N(int(rate*meanLife/10)), N(int(rate*meanLife)))
	}
	return a
}

// meanLife is the mean seconds in TIME_WAIT: 60, and half of what the timer
// wheel rounds up (2 s at HZ=250).
const meanLife = 61
