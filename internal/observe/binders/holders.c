//go:build ignore

#include "read.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct holder_key);
	__type(value, struct holder);
} holders SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __s32); // l3mdev
	__type(value, struct bucket);
} buckets SEC(".maps");

static __always_inline void remember(struct inet_bind_bucket *b, __s32 l3mdev)
{
	struct bucket k = {};

	if (!b)
		return;
	k.fastreuse = BPF_CORE_READ(b, fastreuse);
	k.fastreuseport = BPF_CORE_READ(b, fastreuseport);
	k.uid = BPF_CORE_READ(b, fastuid.val);
	k.v6only = BPF_CORE_READ(b, fast_ipv6_only);
	if (BPF_CORE_READ(b, fast_sk_family) == AF_INET6) {
		k.v6 = 1;
		BPF_CORE_READ_INTO(&k.addr, b, fast_v6_rcv_saddr.in6_u.u6_addr8);
	} else {
		mapped(k.addr, BPF_CORE_READ(b, fast_rcv_saddr));
	}
	bpf_map_update_elem(&buckets, &l3mdev, &k, BPF_ANY);
}

static __always_inline void hold(struct seen *s)
{
	struct holder *h = bpf_map_lookup_elem(&holders, &s->key);
	struct holder first = {};
	struct result *r = result();

	remember(s->bucket, s->key.l3mdev);
	if (!r)
		return;
	r->seen++;
	if (h) {
		if (h->count < INODES)
			h->inodes[h->count & (INODES - 1)] = s->inode;
		h->count++;
		if (s->left < h->soonest)
			h->soonest = s->left;
		if (s->left > h->latest)
			h->latest = s->left;
		return;
	}
	first.count = 1;
	first.cookie = s->cookie;
	first.inodes[0] = s->inode;
	first.soonest = first.latest = s->left;
	first.remote_port = s->remote_port;
	__builtin_memcpy(first.remote, s->remote, sizeof(first.remote));
	if (bpf_map_update_elem(&holders, &s->key, &first, BPF_NOEXIST))
		r->lost++;
}

// Sockets of files that were met already: processes share descriptors.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, __u8);
} met SEC(".maps");

// All sockets in the tables of listeners and of connections.
SEC("iter/tcp")
int on_socket(struct bpf_iter__tcp *ctx)
{
	struct sock_common *c = ctx->sk_common;
	struct wanted *w = wanted();
	struct seen s;

	if (c && w && in_range(c, w) && read(c, &s))
		hold(&s);
	return 0;
}

// Sockets that are only bound are in neither table, but have a descriptor.
SEC("iter/task_file")
int on_file(struct bpf_iter__task_file *ctx)
{
	struct wanted *w = wanted();
	struct sock *sk = w ? bound_file(ctx->file, w) : 0;
	__u64 id = (__u64)sk;
	struct seen s;
	__u8 one = 1;

	if (sk && !bpf_map_update_elem(&met, &id, &one, BPF_NOEXIST) && read(&sk->__sk_common, &s))
		hold(&s);
	return 0;
}

// The same for every port of a range: what each is used for is kept in its
// place, so that it does not matter how many sockets there are.
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, struct port_use);
} ports SEC(".maps");

static __always_inline int same(const __u8 *a, const __u8 *b)
{
	const __u64 *x = (const __u64 *)a, *y = (const __u64 *)b;

	return x[0] == y[0] && x[1] == y[1];
}

static __always_inline int toward(struct seen *s, struct wanted *w)
{
	const __u64 *src = (const __u64 *)w->src;

	if (s->remote_port != w->dst_port || !same(s->remote, w->dst))
		return 0;
	return (!src[0] && !src[1]) || same(s->key.addr, w->src);
}

static __always_inline __u32 kind(struct seen *s)
{
	if (s->key.state == TCP_LISTEN)
		return LISTENS;
	if (s->key.state == TCP_CLOSE && !(s->key.flags & MINI))
		return IDLE;
	if (!(s->key.flags & EXPLICIT))
		return OTHER;
	if (s->key.flags & MINI)
		return CHOSEN_TW;
	return s->locked ? CHOSEN : ACCEPTED;
}

static __always_inline void use(struct seen *s, struct wanted *w)
{
	struct inet_bind_bucket *bucket = s->bucket;
	__u32 at = s->local_port;
	struct port_use *u = bpf_map_lookup_elem(&ports, &at);

	if (!u || s->key.l3mdev)
		return;
	u->users++;
	u->flags |= kind(s);
	if (bucket && (BPF_CORE_READ(bucket, fastreuse) >= 0 || BPF_CORE_READ(bucket, fastreuseport) >= 0)) {
		u->flags |= BOUND;
		if (s->inode && kind(s) != OTHER)
			u->inode = s->inode;
	}
	if (!s->remote_port || !toward(s, w))
		return;
	if (!u->inode)
		u->inode = s->inode;
	if (!(s->key.flags & MINI)) {
		u->flags |= LIVE;
		return;
	}
	u->flags |= s->key.state == TCP_TIME_WAIT ? TW : FW2;
	u->flags |= s->stamped ? STAMPED : 0;
	u->age = s->age;
	u->left = s->left;
}

SEC("iter/tcp")
int on_port(struct bpf_iter__tcp *ctx)
{
	struct sock_common *c = ctx->sk_common;
	struct wanted *w = wanted();
	struct seen s;

	if (c && w && in_range(c, w) && read(c, &s))
		use(&s, w);
	return 0;
}

SEC("iter/task_file")
int on_port_file(struct bpf_iter__task_file *ctx)
{
	struct wanted *w = wanted();
	struct sock *sk = w ? bound_file(ctx->file, w) : 0;
	struct seen s;

	if (sk && read(&sk->__sk_common, &s))
		use(&s, w);
	return 0;
}
