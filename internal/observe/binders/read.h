//go:build ignore

#pragma once

#include "shapes.h"

// What is looked for; the reader writes it before each walk.
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct wanted);
} wants SEC(".maps");

static __always_inline struct wanted *wanted(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&wants, &zero);
}

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct result);
} results SEC(".maps");

static __always_inline struct result *result(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&results, &zero);
}

// What a socket of any kind is to the bind table. Its bit fields are read by
// their names, as their places moved.
struct seen {
	struct holder_key key;
	struct inet_bind_bucket *bucket;
	__u8 remote[16];
	__u16 remote_port;
	__u16 local_port;
	__u64 cookie;
	__u64 inode;
	__s64 left;
	__u32 age;
	__u8 stamped;
	__u8 locked; // bind() to this very port
};

static __always_inline void mapped(__u8 *to, __be32 addr)
{
	*(__u32 *)(to) = 0;
	*(__u32 *)(to + 4) = 0;
	*(__u32 *)(to + 8) = bpf_htonl(0xffff);
	*(__u32 *)(to + 12) = addr;
}

static __always_inline void read_common(struct sock_common *c, struct seen *s)
{
	s->local_port = BPF_CORE_READ(c, skc_num);
	s->remote_port = bpf_ntohs(BPF_CORE_READ(c, skc_dport));
	s->cookie = BPF_CORE_READ(c, skc_cookie.counter);
	s->key.device = BPF_CORE_READ(c, skc_bound_dev_if);
	s->key.state = BPF_CORE_READ(c, skc_state);
	if (BPF_CORE_READ_BITFIELD_PROBED(c, skc_reuse))
		s->key.flags |= REUSEADDR;
	if (BPF_CORE_READ_BITFIELD_PROBED(c, skc_reuseport))
		s->key.flags |= REUSEPORT;
	if (BPF_CORE_READ(c, skc_family) != AF_INET6) {
		mapped(s->key.addr, BPF_CORE_READ(c, skc_rcv_saddr));
		mapped(s->remote, BPF_CORE_READ(c, skc_daddr));
		return;
	}
	s->key.flags |= V6;
	if (BPF_CORE_READ_BITFIELD_PROBED(c, skc_ipv6only))
		s->key.flags |= V6ONLY;
	BPF_CORE_READ_INTO(&s->key.addr, c, skc_v6_rcv_saddr.in6_u.u6_addr8);
	BPF_CORE_READ_INTO(&s->remote, c, skc_v6_daddr.in6_u.u6_addr8);
}

static __always_inline void read_mini(struct sock_common *c, struct seen *s)
{
	struct tcp_timewait_sock *tcp = (void *)c;
	struct tcp_timewait_sock___long *old = (void *)c;
	struct inet_timewait_sock *tw = &tcp->tw_sk;

	s->key.flags |= MINI;
	s->key.state = BPF_CORE_READ(tw, tw_substate);
	s->bucket = BPF_CORE_READ(tw, tw_tb);
	s->left = BPF_CORE_READ(tw, tw_timer.expires) - bpf_jiffies64();
	if (bpf_core_field_exists(tw->tw_connect_bind))
		s->key.flags |= BPF_CORE_READ_BITFIELD_PROBED(tw, tw_connect_bind) ? AUTOMATIC : EXPLICIT;
	if (bpf_core_field_exists(tw->tw_entry_stamp))
		s->age = (__u32)(bpf_ktime_get_ns() / 1000000) - BPF_CORE_READ(tw, tw_entry_stamp);
	if (bpf_core_field_size(tcp->tw_ts_recent_stamp) == sizeof(int))
		s->stamped = BPF_CORE_READ(tcp, tw_ts_recent_stamp) != 0;
	else
		s->stamped = BPF_CORE_READ(old, tw_ts_recent_stamp) != 0;
}

static __always_inline void read_full(struct sock *sk, struct seen *s)
{
	struct inet_connection_sock *icsk = (void *)sk;
	struct inet_timewait_sock *tw = 0;
	struct socket *socket = BPF_CORE_READ(sk, sk_socket);
	__u8 locks = BPF_CORE_READ_BITFIELD_PROBED(sk, sk_userlocks);

	s->key.uid = BPF_CORE_READ(sk, sk_uid.val);
	s->bucket = BPF_CORE_READ(icsk, icsk_bind_hash);
	if (socket) {
		struct socket_alloc *alloc = (void *)socket;

		s->inode = BPF_CORE_READ(alloc, vfs_inode.i_ino);
	} else {
		s->key.flags |= ORPHAN;
	}
	s->locked = !!(locks & SOCK_BINDPORT_LOCK);
	if (s->locked)
		s->key.flags |= EXPLICIT;
	else if (bpf_core_field_exists(tw->tw_connect_bind))
		s->key.flags |= locks & SOCK_CONNECT_BIND ? AUTOMATIC : EXPLICIT;
}

// read returns 0 for what is not in the bind table.
static __always_inline int read(struct sock_common *c, struct seen *s)
{
	__u8 state = BPF_CORE_READ(c, skc_state);
	struct inet_bind_bucket *bucket;

	if (state == TCP_NEW_SYN_RECV)
		return 0;
	__builtin_memset(s, 0, sizeof(*s));
	read_common(c, s);
	if (state == TCP_TIME_WAIT)
		read_mini(c, s);
	else
		read_full((struct sock *)c, s);
	bucket = s->bucket; // "s->bucket, l3mdev" would look for a struct seen in the kernel
	if (bucket)
		s->key.l3mdev = BPF_CORE_READ(bucket, l3mdev);
	return 1;
}

static __always_inline int in_range(struct sock_common *c, struct wanted *w)
{
	__u16 at = BPF_CORE_READ(c, skc_num);

	return w->low <= at && at <= w->high;
}

// bound_file returns the TCP socket of a file if it is bound in the namespace,
// but neither listening nor connected.
static __always_inline struct sock *bound_file(struct file *file, struct wanted *w)
{
	struct socket *socket;
	struct sock *sk;
	__u16 family, protocol;

	// The same as bpf_sock_from_file, which came with 5.11.
	if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return 0;
	socket = BPF_CORE_READ(file, private_data);
	if (!socket)
		return 0;
	sk = BPF_CORE_READ(socket, sk);
	if (!sk || BPF_CORE_READ(sk, __sk_common.skc_state) != TCP_CLOSE)
		return 0;
	family = BPF_CORE_READ(sk, __sk_common.skc_family);
	protocol = BPF_CORE_READ(sk, sk_protocol);
	if (family != AF_INET && family != AF_INET6)
		return 0;
	if (protocol != IPPROTO_TCP && protocol != IPPROTO_MPTCP)
		return 0;
	if (BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum) != w->netns || !in_range(&sk->__sk_common, w))
		return 0;
	return sk;
}
