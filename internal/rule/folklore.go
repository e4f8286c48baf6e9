package rule

import (
	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/say"
)

// What is widely advised against TIME_WAIT and does not help. Each says why,
// so that a reader can check it.

// NotFinTimeout is about lowering tcp_fin_timeout.
func NotFinTimeout() Advice {
	return Advice{
		Do: say.F("lower tcp_fin_timeout", "调低 tcp_fin_timeout"),
		Because: say.F("it bounds orphans in FIN_WAIT2 only; TIME_WAIT lasts 60 s, a constant of the kernel (TCP_TIMEWAIT_LEN)",
			"它只限制处于 FIN_WAIT2 的孤儿套接字；TIME_WAIT 固定持续 60 s，是内核的常量（TCP_TIMEWAIT_LEN）"),
	}
}

// NotRecycle is about tcp_tw_recycle.
func NotRecycle(s *evidence.Settings) Advice {
	a := Advice{
		Do: say.F("set tcp_tw_recycle", "打开 tcp_tw_recycle"),
		Because: say.F("it was removed in Linux 4.12; before, it dropped connections from clients behind NAT",
			"它已在 Linux 4.12 中删除；在那之前，它会丢弃 NAT 后面客户端的连接"),
	}
	if s.TWRecycle.State == evidence.Absent {
		a.Because = say.F("this kernel does not have it (removed in 4.12); where it existed, it dropped connections from clients behind NAT",
			"本内核没有这个参数（4.12 中已删除）；在有它的内核上，它会丢弃 NAT 后面客户端的连接")
	}
	return a
}

// NotFewerBuckets is about lowering tcp_max_tw_buckets.
func NotFewerBuckets() Advice {
	return Advice{
		Do: say.F("lower tcp_max_tw_buckets", "调低 tcp_max_tw_buckets"),
		Because: say.F("it does not end TIME_WAIT sooner: beyond the limit a closing socket skips TIME_WAIT, the peer's repeated FIN gets a reset, and old segments may hit a new connection",
			"它不会让 TIME_WAIT 提前结束：超出上限后，关闭的套接字直接跳过 TIME_WAIT，对端重传的 FIN 会收到 RST，旧报文段可能落入新连接"),
	}
}

// NotLinger is about SO_LINGER with a time of 0.
func NotLinger() Advice {
	return Advice{
		Do: say.F("close with SO_LINGER {1, 0}", "用 SO_LINGER {1, 0} 关闭连接"),
		Because: say.F("it avoids TIME_WAIT by a reset: data not yet sent or read is lost, and the peer sees ECONNRESET",
			"它靠 RST 避开 TIME_WAIT：尚未发送或读取的数据会丢失，对端得到 ECONNRESET"),
	}
}

// NotReuseAddr is about SO_REUSEADDR on a client.
func NotReuseAddr() Advice {
	return Advice{
		Do:      say.F("set SO_REUSEADDR on the client", "在客户端设置 SO_REUSEADDR"),
		Because: say.F("connect() without bind() ignores it", "没有 bind() 的 connect() 不看这个选项"),
	}
}

// NotReuseOnServer is about tcp_tw_reuse for accepted connections.
func NotReuseOnServer() Advice {
	return Advice{
		Do: say.F("set tcp_tw_reuse on the server", "在服务器上打开 tcp_tw_reuse"),
		Because: say.F("it acts only in connect(): an accepted connection's TIME_WAIT is replaced by the client's next SYN without it",
			"它只作用于 connect()；对于被接受的连接，客户端的下一个 SYN 本来就会取代其 TIME_WAIT"),
	}
}

// NotMore is about settings that have nothing to do with TIME_WAIT.
func NotMore() Advice {
	return Advice{
		Do: say.F("raise somaxconn, tcp_max_syn_backlog or file limits", "调高 somaxconn、tcp_max_syn_backlog 或文件描述符上限"),
		Because: say.F("they bound waiting connections and open descriptors; a TIME_WAIT socket is neither",
			"它们限制的是等待中的连接和打开的描述符；TIME_WAIT 套接字两者都不是"),
	}
}

// KeepAlive is the advice that comes first wherever connections are many and
// short; rate is their closes per second, 0 if not known.
func KeepAlive(rate float64) Advice {
	a := Advice{
		Do: say.F("keep connections open and use them again (HTTP keep-alive, a connection pool)",
			"保持连接并复用（HTTP keep-alive、连接池）"),
		Because: say.F("a connection that is not closed leaves no TIME_WAIT", "不关闭的连接不会留下 TIME_WAIT"),
	}
	if rate >= 1 {
		a.Because = say.F("at %s closes, ten requests on each connection would leave a tenth of the TIME_WAIT sockets: about %s instead of %s",
			"以每秒关闭 %s 计，每个连接承载十个请求，TIME_WAIT 就只剩十分之一：约 %s 个，而不是 %s 个",
			PerSecond(rate), N(int(rate*meanLife/10)), N(int(rate*meanLife)))
	}
	return a
}

// meanLife is the mean seconds in TIME_WAIT: 60, and half of what the timer
// wheel rounds up (2 s at HZ=250).
const meanLife = 61
