//go:build ignore

// bind() and listen() that end in EADDRINUSE: no state changes then, so the
// function is watched that looks for their port, or else the system calls. They
// are rare.

#pragma once

#include "tell.h"

#include <bpf/bpf_endian.h>

enum { IPPROTO_MPTCP = 262 };

struct call {
	__u64 addr; // of the caller's sockaddr; 0 for listen()
	__u64 fd;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct call);
} calls SEC(".maps");

// The formats of syscalls/sys_enter_* and sys_exit_*.
struct enter {
	__u64 common;
	__u64 number;
	__u64 args[3];
};

struct leave {
	__u64 common;
	__u64 number;
	__s64 result;
};

struct sockaddr_any {
	__u16 family;
	__be16 port;
	__u32 v4; // flow information in IPv6
	__u32 v6[4];
};

static __always_inline void called(__u64 fd, __u64 addr)
{
	__u64 task = bpf_get_current_pid_tgid();
	struct call call = {.addr = addr, .fd = fd};

	bpf_map_update_elem(&calls, &task, &call, BPF_ANY);
}

static __always_inline struct sock *sock_of(__u32 fd)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct file **table = BPF_CORE_READ(task, files, fdt, fd);
	struct socket *socket;
	struct file *file = 0;

	bpf_probe_read_kernel(&file, sizeof(file), &table[fd]);
	socket = BPF_CORE_READ(file, private_data);
	return BPF_CORE_READ(socket, sk);
}

// asked_for reads the address that the caller gave to bind().
static __always_inline int asked_for(struct failure_key *key, __u64 from)
{
	struct sockaddr_any addr = {};

	if (bpf_probe_read_user(&addr, 8, (void *)from))
		return 0;
	if (addr.family == AF_INET6 && bpf_probe_read_user(&addr, sizeof(addr), (void *)from))
		return 0;
	key->port = addr.port;
	if (addr.family == AF_INET6)
		__builtin_memcpy(key->addr, addr.v6, 16);
	else
		mapped(key->addr, addr.v4);
	return 1;
}

// bound_to reads the address that the socket has.
static __always_inline void bound_to(struct failure_key *key, struct sock *sk)
{
	key->port = BPF_CORE_READ((struct inet_sock *)sk, inet_sport);
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_INET6)
		bpf_core_read(key->addr, 16, &sk->__sk_common.skc_v6_rcv_saddr);
	else
		mapped(key->addr, BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr));
}

static __always_inline void tell_failure(struct cpu *cpu, struct failure_key *key, struct process *p, struct sock *sk)
{
	struct record *r;

	add_failure(cpu, key, p);
	if (!want_records || !(r = reserve(cpu)))
		return;
	r->netns = key->netns;
	r->inode = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	__builtin_memcpy(r->src, key->addr, 16);
	r->sport = key->port;
	mapped(r->dst, 0);
	r->ended = bpf_ktime_get_boot_ns();
	r->opener = *p;
	r->event = EVENT_FAILED;
	r->failure = key->failure;
	submit(r);
}

static __always_inline void returned(__s64 result, __u8 failure)
{
	__u64 task = bpf_get_current_pid_tgid();
	struct call *known = bpf_map_lookup_elem(&calls, &task), call;
	struct failure_key key = {.failure = failure, .bound = 1};
	struct cpu *cpu = this_cpu();
	struct process p = {};
	struct sock *sk;
	__u16 protocol;

	if (!known)
		return;
	call = *known;
	bpf_map_delete_elem(&calls, &task);
	if (result != -EADDRINUSE || !cpu)
		return;
	sk = sock_of(call.fd);
	protocol = BPF_CORE_READ(sk, sk_protocol);
	key.netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, net_cookie);
	if ((protocol != IPPROTO_TCP && protocol != IPPROTO_MPTCP) || (only_netns && key.netns != only_netns))
		return;
	if (!call.addr)
		bound_to(&key, sk);
	else if (!asked_for(&key, call.addr))
		return;
	who(&p);
	key.start = p.start;
	key.tgid = p.tgid;
	tell_failure(cpu, &key, &p, sk);
}

// on_get_port takes the place of all below it where functions may be watched:
// bind() and listen() ask through a pointer (sk_prot->get_port), so that it is
// never inlined. To watch a system call makes all of them, in all processes,
// longer; this does not. Nor is it passed by, as those are by io_uring and
// 32-bit programs.
SEC("fexit/inet_csk_get_port")
int on_get_port(__u64 *ctx)
{
	struct sock *sk = (struct sock *)ctx[0];
	struct failure_key key = {.bound = 1, .port = bpf_htons(ctx[1])};
	struct process p = {};
	struct cpu *cpu = this_cpu();
	__u64 result = 0;

	if (bpf_get_func_ret(ctx, &result) || !(__u32)result || !cpu) // what it returns is not always an errno
		return 0;
	key.netns = namespace(sk);
	if (sk->sk_protocol != IPPROTO_TCP || (only_netns && key.netns != only_netns))
		return 0;
	who(&p);
	if (!p.tgid) // a kernel thread looks for a port for itself
		return 0;
	key.failure = sk->__sk_common.skc_state == TCP_LISTEN ? FAIL_LISTEN : FAIL_BIND;
	source(key.addr, sk);
	key.start = p.start;
	key.tgid = p.tgid;
	tell_failure(cpu, &key, &p, sk);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_bind")
int on_enter_bind(struct enter *ctx)
{
	called(ctx->args[0], ctx->args[1]);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_bind")
int on_exit_bind(struct leave *ctx)
{
	returned(ctx->result, FAIL_BIND);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_listen")
int on_enter_listen(struct enter *ctx)
{
	called(ctx->args[0], 0);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_listen")
int on_exit_listen(struct leave *ctx)
{
	returned(ctx->result, FAIL_LISTEN);
	return 0;
}
