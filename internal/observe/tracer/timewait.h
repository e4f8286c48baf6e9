//go:build ignore

#pragma once

#include "search.h"

// Nothing else shows that a TIME_WAIT is made: the state tracepoint does not.
// The mini-socket's timer starts just before its connection goes to CLOSE. That
// is mostly on the same processor with nothing between, but not when a task
// works off the socket's backlog; so a note on the processor only helps out
// where the connection was forgotten.
//
// That a FIN_WAIT2 mini-socket becomes TIME_WAIT cannot be seen in this way:
// its timer is set anew, but within two seconds mostly into the same bucket of
// the wheel, where __mod_timer only changes the time and tells nobody.
static __always_inline void lingering(struct timer_list *timer)
{
	const __u32 from = bpf_core_field_offset(struct inet_timewait_sock, __tw_common.skc_cookie);
	const __u32 size = bpf_core_field_offset(struct inet_timewait_sock, tw_substate) + 1 - from;
	__u32 count = bpf_core_field_offset(struct inet_timewait_sock, __tw_common.skc_refcnt) - from;
	struct inet_timewait_sock *tw;
	__u8 copy[128]; // one read of all is cheaper than one for each
	struct conn *c;
	struct cpu *cpu;
	__u8 substate;
	__u64 cookie;
	int refs;

	// Through an integer: the verifier allows no step back from a field to
	// its structure.
	tw = (struct inet_timewait_sock *)((__u64)timer - bpf_core_field_offset(struct inet_timewait_sock, tw_timer));
	if (only_netns && BPF_CORE_READ(tw, __tw_common.skc_net.net, net_cookie) != only_netns)
		return;
	cpu = this_cpu();
	if (!cpu)
		return;
	bpf_probe_read_kernel(copy, size, (void *)tw + from);
	cookie = *(__u64 *)copy;
	substate = copy[size - 1];
	asm volatile("" : "+r"(count)); // else the compiler takes the difference from the stack's address
	refs = *(int *)(copy + count);
	c = find(cookie);
	// One that starts again was looked up for a packet, which holds a fourth
	// reference beside the three it begins with. A new one can be looked up
	// as early, but its connection is still there.
	if (refs > 3 && !c)
		return;
	add(cpu->counts.minis, 1);
	if (c)
		c->mini = substate;
	cpu->cookie = cookie;
	cpu->substate = substate;
	if (!cookie)
		cpu->ports = ports(BPF_CORE_READ(tw, tw_sport), BPF_CORE_READ(tw, __tw_common.skc_dport));
}

// Every timer of the system comes through here.
SEC("tp_btf/timer_start")
int on_timer_start(__u64 *ctx)
{
	struct timer_list *timer = (struct timer_list *)ctx[0];
	__u64 function = (__u64)timer->function;

	if (function == timewait_handler)
		lingering(timer);
	else if (function == retransmit_handler)
		sent((__u64)timer);
	return 0;
}
