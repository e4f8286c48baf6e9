//go:build ignore

#pragma once

#include "maps.h"

// who describes the process of the running task. Kernel threads are nobody:
// they close for others (delayed fput, MPTCP's worker). As a function of its
// own it is verified once, not on each path that leads here: up to 6.18 the
// verifier searches all names of the kernel's types for each pointer that is
// followed from one that it trusts (btf_nested_type_is_trusted), some 4 ms in
// place of one load.
__attribute__((noinline)) int who(struct process *p)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_struct *leader = task->group_leader;

	if (!p || task->flags & PF_KTHREAD)
		return 0;
	p->start = leader->start_boottime;
	p->tgid = task->tgid;
	p->parent = task->real_parent->tgid;
	p->uid = task->cred->uid.val;
	p->cgroup = task->cgroups->dfl_cgrp->kn->id;
	((__u64 *)p->name)[0] = ((__u64 *)leader->comm)[0];
	((__u64 *)p->name)[1] = ((__u64 *)leader->comm)[1];
	return 0;
}

// as_sock gives the socket as one that the verifier does not trust, so that it
// need not search for what is trusted behind it.
static __always_inline struct sock *as_sock(struct tcp_sock *tcp)
{
	return (struct sock *)tcp;
}

// owned reports whether a task, and not a packet or a timer, holds the socket:
// only then is the running task the one that acts (lock_sock).
static __always_inline int owned(struct sock *sk)
{
	return sk->sk_lock.owned;
}

// released reports whether the last descriptor is gone: close(), not shutdown().
static __always_inline int released(struct sock *sk)
{
	struct socket *socket = sk->sk_socket;
	struct file *file;

	if (!socket)
		return 1;
	file = socket->file;
	if (!file)
		return 1;
	if (bpf_core_field_exists(file->f_ref)) // file_ref_t: -1 and less when dead
		return file->f_ref.refcnt.counter < 0;
	return ((struct file___before_6_13 *)file)->f_count.counter == 0;
}

static __always_inline void closed_by(struct conn *c, struct sock *sk, __u8 otherwise)
{
	struct task_struct *task = bpf_get_current_task_btf();

	who(&c->closer);
	c->signal = 0;
	if (task->flags & PF_EXITING) {
		c->signal = task->exit_code & 0x7f;
		c->how = c->signal ? HOW_SIGNAL : HOW_EXIT;
	} else {
		c->how = released(sk) ? HOW_CLOSE : otherwise;
	}
}

// WORDS copies an address of the kernel's word by word, so that each load is
// relocated.
#define WORDS(to, from)                                \
	do {                                           \
		((__u32 *)(to))[0] = (from).in6_u.u6_addr32[0]; \
		((__u32 *)(to))[1] = (from).in6_u.u6_addr32[1]; \
		((__u32 *)(to))[2] = (from).in6_u.u6_addr32[2]; \
		((__u32 *)(to))[3] = (from).in6_u.u6_addr32[3]; \
	} while (0)

static __always_inline void mapped(__u8 *to, __be32 v4)
{
	__u32 *words = (__u32 *)to;

	words[0] = words[1] = 0;
	to[8] = to[9] = 0;
	to[10] = to[11] = 0xff;
	words[3] = v4;
}

static __always_inline void source(__u8 *to, struct sock *sk)
{
	if (sk->__sk_common.skc_family == AF_INET6)
		WORDS(to, sk->__sk_common.skc_v6_rcv_saddr);
	else
		mapped(to, sk->__sk_common.skc_rcv_saddr);
}

static __always_inline void destination(__u8 *to, struct sock *sk)
{
	if (sk->__sk_common.skc_family == AF_INET6)
		WORDS(to, sk->__sk_common.skc_v6_daddr);
	else
		mapped(to, sk->__sk_common.skc_daddr);
}

static __always_inline __u32 ports(__be16 source, __be16 destination)
{
	return (__u32)source << 16 | destination;
}

static __always_inline __u64 namespace(struct sock *sk)
{
	return sk->__sk_common.skc_net.net->net_cookie;
}

struct where {
	__u64 netns;
	__u32 inode;
};

static __always_inline struct where where_is(struct sock *sk)
{
	struct net *net = sk->__sk_common.skc_net.net;

	return (struct where){.netns = net->net_cookie, .inode = net->ns.inum};
}
