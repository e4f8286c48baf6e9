//go:build ignore

// Where open connections are kept, by the cookies of their sockets.
//
// The kernel's own table takes some 260 ns for each that comes and goes, rows
// 10. Cookies are given one after the other, so that their low bits spread well
// without a hash: a connection is put into the row that they choose, and into
// the kernel's table only if all places of the row are taken.
//
// Nothing is pushed out of a row, so nobody else's connection can ever be
// written to. One whose end is told by nobody keeps its place; if those were to
// fill all rows, the kernel's table would serve, which forgets the oldest.

#pragma once

#include "maps.h"

// TAKEN marks a place that is being filled. It is nobody's cookie: they count up
// from 1 and, when an interrupt asks within another's asking, down from ~0
// (gen_cookie_next).
#define VACANT 0
#define TAKEN (1ull << 63)

static __always_inline __u64 cookie_of(struct sock *sk)
{
	__u64 cookie = sk->__sk_common.skc_cookie.counter;

	return cookie ?: bpf_get_socket_cookie(sk); // which makes one
}

static __always_inline struct row *row_of(__u64 cookie)
{
	__u32 at = cookie & last_row;

	return bpf_map_lookup_elem(&rows, &at);
}

static __always_inline struct conn *find(__u64 cookie)
{
	struct row *row = row_of(cookie);

	if (!row)
		return 0;
#pragma unroll
	for (int i = 0; i < ROW; i++)
		if (row->cookies[i] == cookie)
			return &row->conns[i];
	return spilled ? bpf_map_lookup_elem(&conns, &cookie) : 0;
}

// place puts a connection in, in place of what was known of it.
static __always_inline struct conn *place(__u64 cookie, struct conn *fresh)
{
	struct row *row = row_of(cookie);

	if (!row)
		return 0;
	if (spilled)
		bpf_map_delete_elem(&conns, &cookie);
#pragma unroll
	for (int i = 0; i < ROW; i++)
		if (row->cookies[i] == cookie) {
			row->conns[i] = *fresh;
			return &row->conns[i];
		}
#pragma unroll
	for (int i = 0; i < ROW; i++)
		if (row->cookies[i] == VACANT && __sync_val_compare_and_swap(&row->cookies[i], VACANT, TAKEN) == VACANT) {
			row->conns[i] = *fresh;
			__sync_lock_test_and_set(&row->cookies[i], cookie);
			return &row->conns[i];
		}
	spilled = 1;
	bpf_map_update_elem(&conns, &cookie, fresh, BPF_ANY);
	return bpf_map_lookup_elem(&conns, &cookie);
}

static __always_inline void forget(__u64 cookie)
{
	struct row *row = row_of(cookie);

	if (!row)
		return;
#pragma unroll
	for (int i = 0; i < ROW; i++)
		if (row->cookies[i] == cookie) {
			__sync_lock_test_and_set(&row->cookies[i], VACANT);
			return;
		}
	if (spilled)
		bpf_map_delete_elem(&conns, &cookie);
}
