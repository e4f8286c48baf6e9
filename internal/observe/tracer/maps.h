//go:build ignore

#pragma once

#include "shapes.h"

// All sizes are set by the loader.

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct row);
} rows SEC(".maps");

// Connections that found their row full (conns.h). The oldest idle ones give
// way: of them only the opener is lost.
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, struct conn);
} conns SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SEEKER_ROWS);
	__type(key, __u32);
	__type(value, struct seekers);
} seeking SEC(".maps");

struct groups_half {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct group_key);
	__type(value, struct group);
} groups_even SEC(".maps"), groups_odd SEC(".maps");

struct searches_half {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct search_key);
	__type(value, struct search);
} searches_even SEC(".maps"), searches_odd SEC(".maps");

// Each holds the half that is written to now. When the reader puts the other
// half in its place, the kernel makes it wait until no program writes to the
// old one any more (maybe_wait_bpf_programs). So that one can be emptied, and
// no count is lost.
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct groups_half);
} groups SEC(".maps") = {.values = {&groups_even}};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct searches_half);
} searches SEC(".maps") = {.values = {&searches_even}};

// One entry each: what had no room.
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct group);
} other SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct search);
} elsewhere SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct listener_key);
	__type(value, struct listener);
} listeners SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct failure_key);
	__type(value, struct failure);
} failures SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cpu);
} cpus SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

const volatile __u64 timewait_handler = 0; // address of tw_timer_handler; 0: unknown, so that TIME_WAIT is estimated
const volatile __u64 only_netns = 0;       // cookie of the one namespace to look at; 0: all
const volatile __u32 wake_after = 0;       // bytes in the ring that wake the reader
const volatile __u32 last_row = 0;         // a power of two, less one
const volatile __u8 want_records = 0;

volatile __u64 began = 0;              // ns, when the first state change was told of
volatile __u64 retransmit_handler = 0; // address of tcp_write_timer, learned from the first connect()
volatile __u8 spilled = 0;             // a connection found its row full

// add is atomic because a softirq can interrupt a program on the same processor.
#define add(counter, n) __sync_fetch_and_add(&(counter), (n))

static __always_inline struct cpu *this_cpu(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&cpus, &zero);
}
