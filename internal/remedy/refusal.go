package remedy

import (
	"slices"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/say"
)

// tale is advice that is often given to those who have one of these findings,
// and does not help them.
type tale struct {
	to       []rule.Code
	advice   say.Text
	because  say.Text
	provedBy []string
	// holds says where the tale is one; nil: everywhere.
	holds func(*evidence.Snapshot) bool
}

// outOfPorts, piling and serverSide are who gets which advice.
var (
	outOfPorts = []rule.Code{"ports-out", "ports-low"}
	serverSide = []rule.Code{"server-closes-first"}
	timeWait   = []rule.Code{"ports-out", "ports-low", "server-closes-first", "quota-overflow", "service-port-in-range"}
)

// folklore returns the tales that are told to those with such findings, in the
// order in which they are listed here.
func folklore(snap *evidence.Snapshot, all []rule.Finding, l say.Lang) []Refusal {
	var out []Refusal
	for _, t := range tales() {
		var to []rule.Code
		for i := range all {
			if c := all[i].Code; slices.Contains(t.to, c) && !slices.Contains(to, c) {
				to = append(to, c)
			}
		}
		if to == nil || t.holds != nil && !t.holds(snap) {
			continue
		}
		out = append(out, Refusal{Advice: t.advice.In(l), Because: t.because.In(l), ProvedBy: orEmpty(t.provedBy), For: to})
	}
	return out
}

// has reports whether a namespace of the snapshot has tcp_tw_recycle.
func hasRecycle(s *evidence.Snapshot) bool {
	return slices.ContainsFunc(s.Namespaces, func(ns evidence.Namespace) bool { return ns.Settings.TWRecycle.State == evidence.Present })
}

func tales() []tale { return slices.Concat(settingTales(), programTales()) }

func settingTales() []tale {
	recycle := say.Text{EN: "tcp_tw_recycle=1", ZH: "tcp_tw_recycle=1"}
	return []tale{
		{timeWait, say.Text{EN: "lower tcp_fin_timeout", ZH: "调低 tcp_fin_timeout"}, say.Text{
			EN: "it bounds orphans in FIN_WAIT2; TIME_WAIT lasts 60 s, a constant of the kernel (TCP_TIMEWAIT_LEN)",
			ZH: "它只限制 FIN_WAIT2 中的孤儿连接；TIME_WAIT 为 60 秒，是内核常量（TCP_TIMEWAIT_LEN）",
		}, []string{"time-wait-lasts-a-minute", "fin-wait2-orphan-life"}, nil},
		{timeWait, recycle, say.Text{
			EN: "this kernel does not have it (removed in 4.12); where it existed, it dropped clients behind NAT",
			ZH: "本内核没有它（4.12 已删除）；在曾有它的内核上，它会丢弃 NAT 之后的客户端",
		}, []string{"nat-timestamps-going-back"}, func(s *evidence.Snapshot) bool { return !hasRecycle(s) }},
		{timeWait, recycle, say.Text{
			EN: "it drops the SYNs of clients behind NAT, and is gone from Linux 4.12",
			ZH: "它会丢弃 NAT 之后客户端的 SYN，且自 Linux 4.12 起已被删除",
		}, []string{"nat-timestamps-going-back"}, hasRecycle},
		{timeWait, say.Text{EN: "lower tcp_max_tw_buckets", ZH: "调低 tcp_max_tw_buckets"}, say.Text{
			EN: "it ends no TIME_WAIT sooner: beyond the limit a closing connection skips it, the peer's repeated FIN gets a reset, and old segments reach a new connection",
			ZH: "它不会让任何 TIME_WAIT 更早结束：超过上限后关闭的连接会跳过 TIME_WAIT，对端重发的 FIN 会收到 RST，旧报文段可能进入新连接",
		}, []string{"no-quota-no-last-ack", "old-duplicate-without-time-wait", "quota-refuses-the-new"}, nil},
		{serverSide, say.Text{EN: "tcp_tw_reuse=1 on the server", ZH: "在服务端设置 tcp_tw_reuse=1"}, say.Text{
			EN: "it acts in connect() only; the client's next SYN replaces an accepted connection's TIME_WAIT without it",
			ZH: "它只在 connect() 中起作用；没有它，客户端的下一个 SYN 也会替换已接受连接的 TIME_WAIT",
		}, []string{"syn-reopens-time-wait"}, nil},
		{timeWait, say.Text{EN: "tcp_syncookies, somaxconn, tcp_max_syn_backlog, tcp_keepalive_*, fs.file-max", ZH: "tcp_syncookies、somaxconn、tcp_max_syn_backlog、tcp_keepalive_*、fs.file-max"}, say.Text{
			EN: "they concern connections that begin or live; a TIME_WAIT socket waits in no queue, sends no keepalive and holds no descriptor",
			ZH: "它们涉及正在建立或存活的连接；TIME_WAIT 不在任何队列中，不发送 keepalive，也不占用描述符",
		}, []string{"syncookies-change-nothing"}, nil},
		{timeWait, say.Text{EN: "net.ipv4.tcp_reuse=1", ZH: "net.ipv4.tcp_reuse=1"}, say.Text{
			EN: "there is no such key", ZH: "不存在这个参数",
		}, nil, nil},
		{[]rule.Code{"fin-wait2-orphans"}, say.Text{EN: "tcp_tw_reuse=1 against FIN_WAIT2", ZH: "用 tcp_tw_reuse=1 对付 FIN_WAIT2"}, say.Text{
			EN: "connect() takes over real TIME_WAIT only, not a socket in FIN_WAIT2 (Linux 6.12 and the stable releases of its time)",
			ZH: "connect() 只接管真正的 TIME_WAIT，不接管 FIN_WAIT2（Linux 6.12 及同期稳定版）",
		}, []string{"fin-wait2-is-not-reused"}, nil},
		{[]rule.Code{"close-wait-leak"}, say.Text{EN: "tcp_fin_timeout, tcp_tw_reuse or tcp_keepalive_time against CLOSE_WAIT", ZH: "用 tcp_fin_timeout、tcp_tw_reuse 或 tcp_keepalive_time 对付 CLOSE_WAIT"}, say.Text{
			EN: "CLOSE_WAIT has no timer; keepalive acts only where the program asked for it, and a peer that still answers keeps the socket",
			ZH: "CLOSE_WAIT 没有定时器；keepalive 只对主动启用它的程序有效，而且只要对端还应答，套接字就会保留",
		}, []string{"stopped-process-keeps-close-wait"}, nil},
	}
}

func programTales() []tale {
	return []tale{
		{timeWait, say.Text{EN: "close with SO_LINGER {1, 0}", ZH: "用 SO_LINGER {1, 0} 关闭"}, say.Text{
			EN: "it avoids TIME_WAIT by a reset: what was not yet sent or read is lost, and the peer sees ECONNRESET",
			ZH: "它用 RST 避开 TIME_WAIT：尚未发送或读取的数据会丢失，对端看到 ECONNRESET",
		}, []string{"reset-instead-of-close"}, nil},
		{timeWait, say.Text{EN: "kill the sockets with ss -K", ZH: "用 ss -K 杀掉这些套接字"}, say.Text{
			EN: "it works since Linux 6.0, and takes away what TIME_WAIT is for: the repeated FIN gets a reset and old segments reach a new connection; the next minute they are back",
			ZH: "Linux 6.0 起可以做到，但同时失去 TIME_WAIT 的保护：重发的 FIN 会收到 RST，旧报文段可能进入新连接；一分钟后它们又会回来",
		}, []string{"lost-last-ack", "old-duplicate-without-time-wait"}, nil},
		{outOfPorts, say.Text{EN: "SO_REUSEADDR on the client", ZH: "在客户端设置 SO_REUSEADDR"}, say.Text{
			EN: "connect() without bind() ignores it", ZH: "没有 bind() 的 connect() 会忽略它",
		}, nil, nil},
		{[]rule.Code{"service-port-in-range"}, say.Text{EN: "SO_REUSEADDR on the service", ZH: "在服务上设置 SO_REUSEADDR"}, say.Text{
			EN: "both sockets would need it, and the client whose TIME_WAIT is in the way does not have it",
			ZH: "两个套接字都需要它，而挡路的 TIME_WAIT 所属的客户端并没有设置",
		}, []string{"bind-over-outbound-time-wait"}, nil},
		{[]rule.Code{"close-wait-leak"}, say.Text{EN: "raise the limit of open files", ZH: "提高打开文件数上限"}, say.Text{
			EN: "it postpones the day on which the leak reaches it", ZH: "这只是推迟泄漏到达上限的日子",
		}, nil, nil},
	}
}
