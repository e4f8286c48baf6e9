//go:build ignore

#pragma once

#include "listen.h"

#include "search.h"

static __always_inline void connecting(struct cpu *cpu, struct sock *sk, struct tcp_sock *tcp)
{
	struct conn fresh = {.origin = ORIGIN_CONNECT, .seen = TCP_SYN_SENT};

	fresh.born = bpf_ktime_get_boot_ns();
	seek(cpu, sk, tcp, fresh.born);
	who(&fresh.opener);
	place(cookie_of(sk), &fresh);
}

static __always_inline void closing(struct cpu *cpu, struct sock *sk, struct tcp_sock *tcp, int after)
{
	__u64 cookie = cookie_of(sk);
	struct conn *c = find(cookie);

	if (!c) { // older than the tracer, forgotten, or its birth was missed
		struct conn fresh = {};

		inherit(cpu, &fresh, namespace(sk), sk, tcp); // who shares the port of a listener came through it
		c = place(cookie, &fresh);
		if (!c)
			return;
	}
	c->seen = after;
	switch (after) {
	case TCP_FIN_WAIT1:
		c->first = FIRST_US;
		break;
	case TCP_CLOSE_WAIT:
	case TCP_LAST_ACK:
		c->first = FIRST_THEM;
		break;
	case TCP_CLOSING:
		c->first = FIRST_BOTH;
		return;
	}
	if (want_records && !c->shut)
		c->shut = bpf_ktime_get_boot_ns();
	if (after != TCP_CLOSE_WAIT && owned(sk))
		closed_by(c, sk, HOW_SHUTDOWN);
}

// unfinished gives what the states alone tell of a connection that ends with
// nothing known of who shut it first.
static __always_inline __u8 unfinished(struct sock *sk, int before)
{
	switch (before) {
	case TCP_FIN_WAIT1:
	case TCP_FIN_WAIT2:
		return FIRST_US;
	case TCP_CLOSING:
		return FIRST_BOTH;
	case TCP_CLOSE_WAIT:
	case TCP_LAST_ACK:
		return FIRST_THEM;
	}
	switch (sk->sk_err) {
	case 0:
	case ECONNABORTED:
		return FIRST_RESET_BY_US;
	case ETIMEDOUT:
		return FIRST_TIMEOUT;
	}
	return FIRST_RESET_BY_THEM;
}

static __always_inline __u8 how_it_ended(struct cpu *cpu, struct sock *sk, __u8 mini, __u8 first, int before)
{
	int err = sk->sk_err;

	if (mini) {
		add(cpu->counts.joined, 1);
		return mini == TCP_FIN_WAIT2 ? END_FIN_WAIT2 : END_TIME_WAIT;
	}
	if (err == ECONNABORTED) // tcp_abort
		return END_DESTROYED;
	if (err == ETIMEDOUT)
		return END_TIMEOUT;
	if (err)
		return END_RESET_RECEIVED;
	if (before == TCP_LAST_ACK || (!before && first == FIRST_THEM))
		return END_LAST_ACK;
	if (!timewait_handler && (before == TCP_FIN_WAIT2 || before == TCP_CLOSING))
		return END_TIME_WAIT;
	if (before == TCP_ESTABLISHED || before == TCP_CLOSE_WAIT || owned(sk))
		return END_RESET_SENT;
	return END_DROPPED; // no room for a mini-socket, TCP_LINGER2, or data after close
}

// armed reports whether the last mini-socket armed here was this one's: by its
// cookie, or by its ports if nobody had asked for the cookie before the
// tracer came.
static __always_inline int armed(struct cpu *cpu, __u64 cookie, struct sock *sk, struct tcp_sock *tcp)
{
	if (cpu->cookie)
		return cpu->cookie == cookie;
	if (cpu->ports != ports(tcp->inet_conn.icsk_inet.inet_sport, sk->__sk_common.skc_dport))
		return 0;
	cpu->ports = 0;
	return 1;
}

// older reports whether the FIN that was acknowledged last, or what is in
// flight, was sent before the tracer came: then its sender is not forgotten, it
// was never known.
static __always_inline int older(struct tcp_sock *tcp)
{
	return bpf_core_field_exists(tcp->first_tx_mstamp) && tcp->first_tx_mstamp * 1000 < began;
}

static __always_inline void closed(struct cpu *cpu, struct sock *sk, struct tcp_sock *tcp, int before)
{
	__u64 cookie = cookie_of(sk);
	struct ending e = {.at = where_is(sk), .now = bpf_ktime_get_boot_ns()};
	struct conn copy = {}, *c = &copy, *known = find(cookie);
	struct group_key key = {};

	if (known) // a copy, so that the verifier goes on with one place, not with each of a row
		copy = *known;
	if (!before && known && !c->first && ((sk->__sk_common.skc_flags >> SOCK_DONE) & 1))
		c->first = FIRST_THEM; // its FIN came, and what followed was missed
	// A handshake that failed. Without anything that began to end it, one
	// that is told of by its destruction never got further.
	if (before == TCP_SYN_RECV || (!before && known && !c->first)) {
		forget(cookie);
		return;
	}
	if (!known) {
		inherit(cpu, c, e.at.netns, sk, tcp);
		if (before != TCP_ESTABLISHED && before != TCP_CLOSE_WAIT && !older(tcp))
			add(cpu->counts.evicted, 1);
	}
	if (!c->mini && armed(cpu, cookie, sk, tcp))
		c->mini = cpu->substate;
	e.end = how_it_ended(cpu, sk, c->mini, c->first, before);
	e.sent = tcp->bytes_sent - tcp->bytes_retrans;
	// The FIN takes a sequence number and counts as a byte.
	e.received = tcp->bytes_received - ((sk->__sk_common.skc_flags >> SOCK_DONE) & 1);
	if (!c->first) {
		c->first = unfinished(sk, before);
	} else if (before == TCP_CLOSING) {
		c->first = FIRST_BOTH;
	}
	if (!c->closer.tgid && (e.end == END_RESET_SENT || e.end == END_DESTROYED) && owned(sk)) {
		closed_by(c, sk, HOW_DISCONNECT);
		if (e.end == END_DESTROYED)
			c->how = HOW_DESTROYED;
	}
	add(cpu->counts.closed, 1);
	if (!c->closer.tgid && (c->first == FIRST_US || c->first == FIRST_BOTH || c->first == FIRST_RESET_BY_US))
		add(cpu->counts.no_closer, 1);
	if (!owner_of(c)->tgid)
		add(cpu->counts.no_owner, 1);
	key_of(&key, c, e.at.netns);
	aggregate(cpu, &key, c, &e);
	if (want_records)
		record(cpu, cookie, c, sk, tcp, &e);
	forget(cookie);
}

// unconnected ends a connect() that failed. Without an error and without a
// segment sent, there was no port for it: EADDRNOTAVAIL. One that TCP Fast Open
// has put off has its port.
static __always_inline void unconnected(struct cpu *cpu, struct sock *sk, struct tcp_sock *tcp)
{
	__u64 cookie = cookie_of(sk);
	int put_off = fast(tcp) && tcp->inet_conn.icsk_inet.inet_sport;
	int without_port = !sk->sk_err && !tcp->segs_out && owned(sk) && !put_off;
	struct failure_key key = {.failure = FAIL_CONNECT};
	struct where at;
	struct process p = {};
	struct record *r;

	forget(cookie);
	unsought(cpu, tcp, without_port);
	if (!without_port)
		return;
	at = where_is(sk);
	who(&p);
	key.start = p.start;
	key.tgid = p.tgid;
	key.netns = at.netns;
	key.port = sk->__sk_common.skc_dport;
	key.bound = tcp->inet_conn.icsk_inet.inet_sport != 0;
	destination(key.addr, sk);
	add_failure(cpu, &key, &p);
	if (!want_records || !(r = reserve(cpu)))
		return;
	endpoints(r, at, sk, tcp);
	r->cookie = cookie;
	r->ended = bpf_ktime_get_boot_ns();
	r->opener = p;
	r->event = EVENT_FAILED;
	r->failure = FAIL_CONNECT;
	submit(r);
}
