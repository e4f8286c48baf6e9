package remedy

import (
	"slices"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
)

// perConnection is how many requests on one connection the plan reckons with:
// few enough that any pool does better.
const perConnection = 10

// bunch is groups of one cause that the same processes opened to one kind of
// service.
type bunch struct {
	cause   cause
	maker   evidence.Maker
	who     string
	topic   topic
	groups  []group
	clients []Client
}

// programs makes the remedies for the programs that open the connections.
func (p *planner) programs(now *world, groups []group) []draft {
	var out []draft
	for _, b := range p.bunches(by(groups, byTimeWait, byLive, byCloseWait)) {
		switch b.cause {
		case byTimeWait:
			out = append(out, p.keepAlive(now, &b))
		case byLive:
			out = append(out, p.fewer(now, &b))
		case byCloseWait:
			out = append(out, p.closeAtEnd(findings(b.groups), b.maker, p.where(b.groups)))
		}
	}
	return out
}

// bunches joins groups, keeping their order.
func (p *planner) bunches(groups []group) []bunch {
	var out []bunch
	for _, g := range groups {
		maker := p.all[g.finding].Who
		b := bunch{cause: causeOf(&g), maker: maker, who: p.who(maker), topic: topicOf(g.tally.Port)}
		at := slices.IndexFunc(out, func(o bunch) bool { return o.cause == b.cause && o.who == b.who && o.topic == b.topic })
		if at < 0 {
			at = len(out)
			b.clients = clientsOf(p.snap, maker)
			out = append(out, b)
		}
		out[at].groups = append(out[at].groups, g)
	}
	return out
}

func (p *planner) keepAlive(now *world, b *bunch) draft {
	l, to := p.lang, p.where(b.groups)
	r := Remedy{
		Code: KeepAlive, Kind: Application, Safety: Harmless,
		Title: l.F("keep connections open and use them again: %s to %s", "保持连接并复用：%s 到 %s", b.who, to),
		What: l.F("Each connection that %s opens to %s and closes first leaves a TIME_WAIT that holds a local port for a minute. One connection that serves %d requests leaves one instead of %d; a pool that stays open leaves none.",
			"%s 到 %s 的每个连接由本端主动关闭后都留下一个 TIME_WAIT，占用一个本地端口约一分钟。一个连接承载 %d 个请求，就只留下 1 个而不是 %d 个；连接池一直不关闭则一个也不留。",
			b.who, to, perConnection, perConnection),
		Effects: effects(now, now, b.groups, func(t *evidence.Tally) *evidence.Tally { return slower(t, perConnection) }),
		Risk: l.F("a server that closes idle connections sooner than the client expects makes a request fail now and then: keep the client's idle time below the server's",
			"如果服务端关闭空闲连接比客户端预期的更早，偶尔会有请求失败：客户端的空闲时间要短于服务端的"),
		Undo:     p.restore(),
		ProvedBy: []string{"pooling-leaves-no-time-wait", "closer-keeps-time-wait"},
		Snippets: snippets(b.topic, b.clients, b.groups[0].service(), l),
		then:     Change{Times: 1.0 / perConnection, Longer: perConnection},
	}
	for i := range r.Effects {
		r.Effects[i].After.Limit *= perConnection
		r.Effects[i].Assuming = l.F("%d requests on each connection", "每个连接承载 %d 个请求", perConnection)
	}
	if b.topic == web && !isWeb(b.groups[0].tally.Port) {
		r.What += l.F(" What is spoken on port %d is not known; the text below is for HTTP.", "端口 %d 上的协议未知；下面的示例针对 HTTP。", b.groups[0].tally.Port)
	}
	return p.draft(findings(b.groups), r)
}

// fewer is for ports that live connections take.
func (p *planner) fewer(now *world, b *bunch) draft {
	l, to := p.lang, p.where(b.groups)
	_, of := b.groups[0].budget.Used()
	var live int
	for _, g := range b.groups {
		live = max(live, g.budget.Live)
	}
	bound := of / 2
	return p.draft(findings(b.groups), Remedy{
		Code: FewerAtOnce, Kind: Application, Safety: Harmless,
		Title: l.F("bound the connections that are open at once: %s to %s", "限制同时打开的连接数：%s 到 %s", b.who, to),
		What: l.F("%s live connections take the ports, not TIME_WAIT. A pool of at most %s (half of the %s ports), or several requests over one connection (HTTP/2), leaves room.",
			"占用端口的是 %s 个活动连接，而不是 TIME_WAIT。把连接池上限设为 %s（%s 个端口的一半），或在一个连接上承载多个请求（HTTP/2），就有余量。",
			num(live), num(bound), num(of)),
		Risk: l.F("requests beyond the bound wait for a connection: give them a deadline",
			"超过上限的请求要等待连接：请为等待设置超时"),
		Undo:     p.restore(),
		ProvedBy: []string{"ports-run-out-exactly"},
		Snippets: snippets(b.topic, b.clients, b.groups[0].service(), l),
		Ends:     true,
	})
}

// otherSide is about who closes first. It is proposed where TIME_WAIT takes
// the ports, but not for databases: their drivers decide how to close.
func (p *planner) otherSide(now *world, groups []group) (draft, bool) {
	groups = slices.DeleteFunc(by(groups, byTimeWait), func(g group) bool { return topicOf(g.tally.Port) != web })
	if len(groups) == 0 {
		return draft{}, false
	}
	l := p.lang
	sockets := uint64(total(groups) * (evidence.TimeWaitLen + now.tail).Seconds())
	e := effects(now, now, groups, closedByPeer)
	for i := range e {
		e[i].After.Limit = 0
		e[i].Ends = e[i].After.Waits < e[i].After.Of
		e[i].Assuming = l.F("the other side closes every connection first", "每个连接都由对端主动关闭")
	}
	return p.draft(findings(groups), Remedy{
		Code: OtherSideFirst, Kind: Application, Safety: Careful,
		Title: l.F("let the other side close first: %s", "让对端主动关闭：%s", p.where(groups)),
		What: l.F("The side that sends the first FIN keeps the TIME_WAIT. Over HTTP/1.1 the client sends `Connection: close` with its last request, reads until the end and only then closes; the server closes first (RFC 9112 section 9.6). In other protocols: read to the end of the stream before close().",
			"先发 FIN 的一端保留 TIME_WAIT。HTTP/1.1 客户端在最后一个请求中发送 `Connection: close`，读到流结束后再关闭；这样由服务端主动关闭（RFC 9112 第 9.6 节）。其他协议：先读到流结束，再调用 close()。"),
		Effects: e,
		Risk: l.F("the other side then holds about %s TIME_WAIT sockets, %s, and no ports; a peer that does not close keeps the connection open, so a deadline is needed",
			"对端将保留约 %s 个 TIME_WAIT，占 %s 内存，不占端口；如果对端不关闭，连接会一直打开，因此需要超时",
			num(sockets), rule.Bytes(sockets*miniSocket)),
		Undo:     p.restore(),
		ProvedBy: []string{"closer-keeps-time-wait", "file-server-keeps-time-wait"},
		then:     Change{Passive: true},
	}), true
}

// closedByPeer returns t as it will be once its TIME_WAIT sockets are gone and
// no more are made.
func closedByPeer(t *evidence.Tally) *evidence.Tally {
	after := *t
	after.Minute = evidence.Minute{}
	return &after
}

// miniSocket is the slab object of a TIME_WAIT socket in bytes (248 used, Linux
// 6.18); its two bind buckets, if it is alone on its port, are as many more.
const miniSocket = 256
