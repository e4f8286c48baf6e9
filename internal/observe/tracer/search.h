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

static __always_inline __u64 timer_of(struct tcp_sock *tcp)
{
	if (bpf_core_field_exists(tcp->inet_conn.icsk_retransmit_timer))
		return (__u64)tcp + bpf_core_field_offset(struct inet_connection_sock, icsk_retransmit_timer);
	return (__u64)tcp + bpf_core_field_offset(struct sock___with_timer, tcp_retransmit_timer);
}

// fast reports whether TCP Fast Open is to be used, which can put off the SYN
// until there is something to send.
static __always_inline int fast(struct tcp_sock *tcp)
{
	return tcp->fastopen_req || BPF_CORE_READ_BITFIELD(tcp, fastopen_connect);
}

static __always_inline struct seekers *seekers_near(__u64 timer)
{
	__u32 at = timer;

	asm volatile("" : "+w"(at)); // 32 bits of a pointer are a number to the verifier
	at = (at >> 6) * 0x9e3779b1 >> 24;
	return bpf_map_lookup_elem(&seeking, &at);
}

// seek begins the search of a port, which ends when the timer starts.
static __always_inline void seek(struct cpu *cpu, struct sock *sk, struct tcp_sock *tcp, __u64 now)
{
	__u64 timer = timer_of(tcp);
	struct seekers *row = seekers_near(timer);
	struct seeker *s = 0;

	learn_handler(tcp);
	if (!timewait_handler || !row) // without it no timers are watched
		return;
#pragma unroll
	for (int i = 0; i < SEEKERS; i++)
		if (row->timers[i] == timer) // of one that was not seen to end
			row->timers[i] = VACANT;
	if (sk->__sk_common.skc_num || fast(tcp)) // the former: the program has chosen its port
		return;
#pragma unroll
	for (int i = 0; i < SEEKERS; i++)
		if (!s && row->timers[i] == VACANT && __sync_val_compare_and_swap(&row->timers[i], VACANT, timer) == VACANT)
			s = &row->of[i];
	if (!s) {
		add(cpu->counts.untimed, 1);
		return;
	}
	s->since = now;
	s->to.netns = namespace(sk);
	s->to.port = sk->__sk_common.skc_dport;
	destination(s->to.addr, sk);
	s->inode = sk->__sk_common.skc_net.net->ns.inum;
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
static __always_inline struct search *search_to(struct cpu *cpu, struct seeker *seeker)
{
	__u32 zero = 0;
	void *half = bpf_map_lookup_elem(&searches, &zero);
	struct search *s = half ? bpf_map_lookup_elem(half, &seeker->to) : 0;

	if (half && !s) {
		if (!bpf_map_update_elem(half, &seeker->to, &no_search, BPF_NOEXIST))
			add(cpu->counts.searches, 1);
		s = bpf_map_lookup_elem(half, &seeker->to);
		if (s)
			s->inode = seeker->inode;
	}
	return s ?: bpf_map_lookup_elem(&elsewhere, &zero);
}

static __always_inline void found(struct seeker *seeker)
{
	struct cpu *cpu = this_cpu();
	struct search *s;
	__u64 took;
	__u32 bucket;

	if (!cpu)
		return;
	s = search_to(cpu, seeker);
	if (!s)
		return;
	s->last = bpf_ktime_get_boot_ns();
	took = s->last - seeker->since;
	bucket = digits(took / 1000);
	if (bucket >= SEARCH_BUCKETS)
		bucket = SEARCH_BUCKETS - 1;
	add(s->buckets[bucket], 1);
	add(s->count, 1);
	add(s->time, took);
}

static __always_inline void failed(struct cpu *cpu, struct seeker *seeker)
{
	struct search *s = search_to(cpu, seeker);

	if (!s)
		return;
	s->last = bpf_ktime_get_boot_ns();
	add(s->failed, 1);
	add(s->failed_time, s->last - seeker->since);
}

// sent is called when a retransmit timer starts. The first thing that can be
// seen of a connect() that has found its port is that it starts the timer of
// its SYN; the same timer is started for every later segment, so who seeks is
// found by its address: to look into the socket costs more.
static __always_inline void sent(__u64 timer)
{
	struct seekers *row = seekers_near(timer);

	if (!row)
		return;
#pragma unroll
	for (int i = 0; i < SEEKERS; i++)
		if (row->timers[i] == timer) {
			found(&row->of[i]);
			__sync_lock_test_and_set(&row->timers[i], VACANT);
			return;
		}
}

// unsought ends a search without a SYN.
static __always_inline void unsought(struct cpu *cpu, struct tcp_sock *tcp, int without_port)
{
	__u64 timer = timer_of(tcp);
	struct seekers *row = seekers_near(timer);

	if (!row)
		return;
#pragma unroll
	for (int i = 0; i < SEEKERS; i++)
		if (row->timers[i] == timer) {
			if (without_port)
				failed(cpu, &row->of[i]);
			__sync_lock_test_and_set(&row->timers[i], VACANT);
			return;
		}
}
