//go:build ignore

// How long connect() searches a local port.

#pragma once

#include "tell.h"

// learn_handler lets a socket tell the function of its retransmit timer, as it
// is the same for all and no symbol table is needed.
static __always_inline void learn_handler(struct tcp_sock *tcp)
{
	if (retransmit_handler)
		return;
	if (bpf_core_field_exists(tcp->inet_conn.icsk_retransmit_timer))
		retransmit_handler = (__u64)tcp->inet_conn.icsk_retransmit_timer.function;
	else
		retransmit_handler = (__u64)((struct sock___with_timer *)tcp)->tcp_retransmit_timer.function;
}

static __always_inline struct sock *socket_of(struct timer_list *timer)
{
	if (bpf_core_field_exists(((struct inet_connection_sock *)0)->icsk_retransmit_timer))
		return (struct sock *)((__u64)timer - bpf_core_field_offset(struct inet_connection_sock, icsk_retransmit_timer));
	return (struct sock *)((__u64)timer - bpf_core_field_offset(struct sock___with_timer, tcp_retransmit_timer));
}

// digits counts the binary digits of n.
static __always_inline __u32 digits(__u64 n)
{
	__u32 count = 0;

#pragma unroll
	for (__u32 step = 32; step; step /= 2)
		if (n >> step) {
			n >>= step;
			count += step;
		}
	return count + (n != 0);
}

const struct search no_search = {}; // too large for the stack

// search_to finds where searches for this destination are counted.
static __always_inline struct search *search_to(struct cpu *cpu, struct search_key *key, struct net *net)
{
	__u32 zero = 0;
	void *half = bpf_map_lookup_elem(&searches, &zero);
	struct search *s = half ? bpf_map_lookup_elem(half, key) : 0;

	if (half && !s) {
		if (!bpf_map_update_elem(half, key, &no_search, BPF_NOEXIST))
			add(cpu->counts.searches, 1);
		s = bpf_map_lookup_elem(half, key);
		if (s)
			s->inode = BPF_CORE_READ(net, ns.inum);
	}
	return s ?: bpf_map_lookup_elem(&elsewhere, &zero);
}

static __always_inline void found(struct search *s, __u64 since, __u64 now)
{
	__u32 bucket = digits((now - since) / 1000);

	if (bucket >= SEARCH_BUCKETS)
		bucket = SEARCH_BUCKETS - 1;
	add(s->buckets[bucket], 1);
	add(s->count, 1);
	add(s->time, now - since);
	s->last = now;
}

// sent is called when a retransmit timer starts. The first thing that can be
// seen of a connect() that has found its port is that it starts the timer of
// its SYN; the same timer is started for every later segment.
static __always_inline void sent(struct timer_list *timer)
{
	struct sock *sk = socket_of(timer);
	__u8 copy[160]; // one read of all is cheaper than one for each
	struct sock_common *known = (struct sock_common *)copy;
	struct search_key key = {};
	__u64 cookie, since, now;
	struct search *s;
	struct cpu *cpu;
	struct conn *c;

	if (BPF_CORE_READ(sk, __sk_common.skc_state) != TCP_SYN_SENT)
		return;
	now = bpf_ktime_get_boot_ns();
	if (bpf_core_type_size(struct sock_common) > sizeof(copy) ||
	    bpf_probe_read_kernel(copy, bpf_core_type_size(struct sock_common), sk))
		return;
	cookie = known->skc_cookie.counter;
	c = bpf_map_lookup_elem(&conns, &cookie);
	if (!c || !c->searching) // of those that are told of; and a SYN can be sent again
		return;
	c->searching = 0;
	since = c->born;
	// TCP Fast Open can put off the SYN until there is something to send.
	if (BPF_CORE_READ((struct tcp_sock *)sk, fastopen_req))
		return;
	key.netns = BPF_CORE_READ(known->skc_net.net, net_cookie);
	key.port = known->skc_dport;
	if (known->skc_family == AF_INET6)
		WORDS(key.addr, known->skc_v6_daddr);
	else
		mapped(key.addr, known->skc_daddr);
	cpu = this_cpu();
	if (!cpu)
		return;
	s = search_to(cpu, &key, known->skc_net.net);
	if (s)
		found(s, since, now);
}

static __always_inline void search_failed(struct cpu *cpu, struct sock *sk, __u64 since)
{
	struct search_key key = {.netns = namespace(sk), .port = sk->__sk_common.skc_dport};
	struct search *s;

	destination(key.addr, sk);
	s = search_to(cpu, &key, sk->__sk_common.skc_net.net);
	if (!s)
		return;
	s->last = bpf_ktime_get_boot_ns();
	add(s->failed, 1);
	add(s->failed_time, s->last - since);
}
