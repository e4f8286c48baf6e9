//go:build ignore

#pragma once

#include "tell.h"

static __always_inline void listener_of(struct listener_key *key, __u64 netns, struct sock *sk, struct tcp_sock *tcp)
{
	key->netns = netns;
	key->port = tcp->inet_conn.icsk_inet.inet_sport;
	source(key->addr, sk);
}

static __always_inline void listening(struct cpu *cpu, struct sock *sk, struct tcp_sock *tcp)
{
	struct listener_key key = {};
	struct listener *known, fresh = {.sockets = 1};

	listener_of(&key, namespace(sk), sk, tcp);
	who(&fresh.owner);
	if (!key.port) // listen() without bind(): the port is chosen after this
		return;
	known = bpf_map_lookup_elem(&listeners, &key);
	if (known) { // SO_REUSEPORT
		add(known->sockets, 1);
		if (known->owner.tgid != fresh.owner.tgid || known->owner.start != fresh.owner.start)
			known->shared = 1;
		return;
	}
	if (bpf_map_update_elem(&listeners, &key, &fresh, BPF_NOEXIST))
		add(cpu->counts.listeners_full, 1);
}

static __always_inline void unlisten(struct sock *sk, struct tcp_sock *tcp)
{
	struct listener_key key = {};
	struct listener *known;

	listener_of(&key, namespace(sk), sk, tcp);
	known = bpf_map_lookup_elem(&listeners, &key);
	if (known && add(known->sockets, -1) <= 1)
		bpf_map_delete_elem(&listeners, &key);
}

// accepting finds the listener of a child. A listener on the very address
// goes before one on all, and an IPv4 one before an IPv6 one (compute_score).
static __always_inline struct listener *accepting(__u64 netns, struct sock *sk, struct tcp_sock *tcp)
{
	struct listener_key key = {};
	struct listener *known;
	__u32 *words = (__u32 *)key.addr;

	listener_of(&key, netns, sk, tcp);
	known = bpf_map_lookup_elem(&listeners, &key);
	if (known)
		return known;
	if (!words[0] && !words[1] && words[2]) { // IPv4-mapped, or close to it
		words[3] = 0;
		known = bpf_map_lookup_elem(&listeners, &key);
		if (known)
			return known;
	}
	__builtin_memset(key.addr, 0, sizeof(key.addr));
	return bpf_map_lookup_elem(&listeners, &key);
}

// inherit makes c the child of a listener.
static __always_inline void inherit(struct cpu *cpu, struct conn *c, __u64 netns, struct sock *sk, struct tcp_sock *tcp)
{
	struct listener *known = accepting(netns, sk, tcp);

	if (!known)
		return;
	c->origin = ORIGIN_ACCEPT;
	if (known->shared)
		add(cpu->counts.shared, 1);
	else
		c->opener = known->owner;
}

// child is called when a handshake that a peer began is complete. What comes
// before (LISTEN -> SYN_RECV) is of no use: up to 6.12 it was seen to be told of
// a copy of the listener, which has neither its address nor its cookie yet.
static __always_inline void child(struct cpu *cpu, struct sock *sk, struct tcp_sock *tcp)
{
	struct conn fresh = {.seen = TCP_ESTABLISHED};
	__u64 cookie = cookie_of(sk);

	if (find(cookie)) // connect() met another one
		return;
	if (!sk->sk_socket) // nobody has accepted it; TCP Fast Open may be earlier
		fresh.origin = ORIGIN_ACCEPT;
	fresh.born = bpf_ktime_get_boot_ns();
	inherit(cpu, &fresh, namespace(sk), sk, tcp);
	place(cookie, &fresh);
}
