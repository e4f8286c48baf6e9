//go:build ignore

#pragma once

#include "kernel.h"

// on_each_tcp tells the function of each mini-socket's timer, which is the same
// for all, also to those from whom the symbol table hides its addresses.
SEC("iter/tcp")
int on_each_tcp(struct bpf_iter__tcp *ctx)
{
	struct sock_common *any = ctx->sk_common;
	struct tcp_timewait_sock *tw;
	__u64 function;

	if (!any)
		return 0;
	tw = bpf_skc_to_tcp_timewait_sock(any);
	if (!tw)
		return 0;
	function = (__u64)tw->tw_sk.tw_timer.function;
	bpf_seq_write(ctx->meta->seq, &function, sizeof(function));
	return 0;
}

// on_name tells the same by name: the symbol table as a file is megabytes long,
// and each of its lines is made when it is read.
SEC("syscall")
int on_name(__u64 *answer)
{
	char name[] = "tw_timer_handler";
	__u64 address = 0;

	if (bpf_kallsyms_lookup_name(name, sizeof(name), 0, &address))
		return 1;
	*answer = address;
	return 0;
}
