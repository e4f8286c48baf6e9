//go:build ignore

#pragma once

#include "conns.h"

#include "who.h"

// submit wakes the reader only when much is waiting: a wake-up costs more
// than all the rest. The reader also looks by itself now and then.
static __always_inline void submit(struct record *r)
{
	__u64 waiting = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);

	bpf_ringbuf_submit(r, waiting >= wake_after ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
}

static __always_inline struct record *reserve(struct cpu *cpu)
{
	struct record *r = bpf_ringbuf_reserve(&ring, sizeof(*r), 0);

	if (!r)
		add(cpu->counts.lost, 1);
	else
		__builtin_memset(r, 0, sizeof(*r));
	return r;
}

static __always_inline void endpoints(struct record *r, struct where at, struct sock *sk, struct tcp_sock *tcp)
{
	r->netns = at.netns;
	r->inode = at.inode;
	source(r->src, sk);
	destination(r->dst, sk);
	r->sport = tcp->inet_conn.icsk_inet.inet_sport; // skc_num is 0 once the port is given back
	r->dport = sk->__sk_common.skc_dport;
}

// add_failure counts last what is in the table then: as long as the count
// stays, the reader need not look again.
static __always_inline void add_failure(struct cpu *cpu, struct failure_key *key, struct process *owner)
{
	struct failure *f = bpf_map_lookup_elem(&failures, key);

	if (!f) {
		struct failure fresh = {};

		fresh.owner = *owner;
		bpf_map_update_elem(&failures, key, &fresh, BPF_NOEXIST);
		f = bpf_map_lookup_elem(&failures, key);
	}
	if (f) {
		add(f->count, 1);
		f->last = bpf_ktime_get_boot_ns();
	} else {
		add(cpu->counts.failures_full, 1);
	}
	add(cpu->counts.failures, 1);
}

// ending is what is known of a connection at its last transition.
struct ending {
	struct where at;
	__u64 sent;
	__u64 received;
	__u64 now;
	__u8 end;
};

static __always_inline void into(struct group *g, struct conn *c, struct ending *e)
{
	add(g->closed, 1);
	if (e->end == END_TIME_WAIT)
		add(g->time_wait, 1);
	if (e->end == END_FIN_WAIT2)
		add(g->fin_wait2, 1);
	if (e->sent)
		add(g->sent, e->sent);
	if (e->received)
		add(g->received, e->received);
	if (c->born) {
		add(g->life, e->now - c->born);
		add(g->born, 1);
	}
	g->last = e->now;
}

// owner_of is the closer, or else the opener.
static __always_inline struct process *owner_of(struct conn *c)
{
	return c->closer.tgid ? &c->closer : &c->opener;
}

static __always_inline void key_of(struct group_key *key, struct conn *c, __u64 netns)
{
	struct process *owner = owner_of(c);

	key->start = owner->start;
	key->cgroup = owner->cgroup;
	key->tgid = owner->tgid;
	key->netns = netns;
	key->origin = c->origin;
	key->first = c->first;
	key->how = c->how;
	key->basis = c->closer.tgid ? BASIS_CLOSER : c->opener.tgid ? BASIS_OPENER : BASIS_NONE;
}

static __always_inline void aggregate(struct cpu *cpu, struct group_key *key, struct conn *c, struct ending *e)
{
	__u32 zero = 0;
	void *half = bpf_map_lookup_elem(&groups, &zero);
	struct group *g = half ? bpf_map_lookup_elem(half, key) : 0;

	if (half && !g) {
		struct group fresh = {.inode = e->at.inode};

		fresh.owner = *owner_of(c);
		if (!bpf_map_update_elem(half, key, &fresh, BPF_NOEXIST))
			add(cpu->counts.groups, 1);
		g = bpf_map_lookup_elem(half, key);
	}
	if (!g) {
		add(cpu->counts.other, 1);
		g = bpf_map_lookup_elem(&other, &zero);
		if (!g)
			return;
	}
	into(g, c, e);
}

static __always_inline void record(struct cpu *cpu, __u64 cookie, struct conn *c, struct sock *sk, struct tcp_sock *tcp, struct ending *e)
{
	struct record *r = reserve(cpu);

	if (!r)
		return;
	endpoints(r, e->at, sk, tcp);
	r->cookie = cookie;
	r->born = c->born;
	r->shut = c->shut ?: e->now;
	r->ended = e->now;
	r->sent = e->sent;
	r->received = e->received;
	r->opener = c->opener;
	r->closer = c->closer;
	r->event = EVENT_CLOSED;
	r->origin = c->origin;
	r->first = c->first;
	r->how = c->how;
	r->signal = c->signal;
	r->end = e->end;
	r->estimated = !timewait_handler;
	submit(r);
}
