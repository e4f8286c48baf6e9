//go:build ignore

// What is kept and what is told. The Go side decodes struct record by hand
// (decode.go): a change here is a change there.

#pragma once

#include "kernel.h"

struct process {
	__u64 start; // of its first thread, ns since boot
	__u64 cgroup;
	__u32 tgid; // 0: unknown
	__u32 parent;
	__u32 uid;
	__u8 name[16]; // of the first thread
	__u32 unused;
};

enum { ORIGIN_UNKNOWN, ORIGIN_CONNECT, ORIGIN_ACCEPT };

enum { FIRST_UNKNOWN, FIRST_US, FIRST_THEM, FIRST_BOTH, FIRST_RESET_BY_US, FIRST_RESET_BY_THEM, FIRST_TIMEOUT };

enum { HOW_UNKNOWN, HOW_CLOSE, HOW_SHUTDOWN, HOW_EXIT, HOW_SIGNAL, HOW_DISCONNECT, HOW_DESTROYED };

enum { END_UNKNOWN, END_TIME_WAIT, END_FIN_WAIT2, END_LAST_ACK, END_RESET_SENT, END_RESET_RECEIVED, END_TIMEOUT, END_DESTROYED, END_DROPPED };

enum { EVENT_CLOSED = 1, EVENT_FAILED };

enum { BASIS_NONE, BASIS_CLOSER, BASIS_OPENER };

enum { FAIL_CONNECT = 1, FAIL_BIND, FAIL_LISTEN };

// conn is an open connection.
struct conn {
	__u64 born;
	__u64 shut; // the first FIN, sent or received
	struct process opener;
	struct process closer;
	__u8 origin;
	__u8 first;
	__u8 how;
	__u8 signal;
	__u8 mini;      // the substate of its mini-socket
	__u8 seen;      // the last state that was looked at
	__u8 unused[2];
};

enum { ROW = 4 };

// row is what the low bits of a cookie choose.
struct row {
	__u64 cookies[ROW];
	struct conn conns[ROW];
};

struct record {
	__u64 cookie;
	__u64 netns;
	__u64 born;
	__u64 shut;
	__u64 ended;
	__u64 sent;
	__u64 received;
	struct process opener;
	struct process closer;
	__u8 src[16];
	__u8 dst[16];
	__u32 inode; // of the network namespace
	__be16 sport;
	__be16 dport;
	__u8 event;
	__u8 origin;
	__u8 first;
	__u8 how;
	__u8 signal;
	__u8 end;
	__u8 estimated;
	__u8 failure;
};

struct group_key {
	__u64 start;
	__u64 cgroup;
	__u64 netns;
	__u32 tgid;
	__u8 origin;
	__u8 first;
	__u8 how;
	__u8 basis; // whether the process is the closer or, that one unknown, the opener
};

struct group {
	__u64 closed;
	__u64 time_wait;
	__u64 fin_wait2; // mini-sockets made in this substate
	__u64 sent;
	__u64 received;
	__u64 life; // ns, sum over those whose birth was seen
	__u64 born; // how many these are
	__u64 last; // ns since boot
	struct process owner;
	__u32 inode;
	__u32 unused;
};

struct listener_key {
	__u64 netns;
	__u8 addr[16];
	__be16 port;
	__u16 unused[3];
};

struct listener {
	struct process owner;
	__u32 sockets; // open ones with this key
	__u32 shared;  // they are not all of one process
};

struct failure_key {
	__u64 start;
	__u64 netns;
	__u8 addr[16];
	__u32 tgid;
	__be16 port;
	__u8 failure;
	__u8 bound; // the program had chosen the source port
};

struct failure {
	__u64 count;
	__u64 last;
	struct process owner;
};

struct search_key {
	__u64 netns;
	__u8 addr[16];
	__be16 port;
	__u16 unused[3];
};

// seeker is a connect() that has not sent its SYN.
struct seeker {
	struct search_key to;
	__u64 since;
	__u32 inode;
	__u32 unused;
};

enum { SEEKERS = 4, SEEKER_ROWS = 256 };

// seekers are those whose timers have addresses alike.
struct seekers {
	__u64 timers[SEEKERS];
	struct seeker of[SEEKERS];
};

enum { SEARCH_BUCKETS = 24 };

// search is how long connect() took to send a SYN to one destination.
struct search {
	__u64 buckets[SEARCH_BUCKETS]; // the n-th counts those of n binary digits of microseconds
	__u64 count;
	__u64 time; // ns, sum
	__u64 failed;
	__u64 failed_time;
	__u64 last; // ns since boot
	__u32 inode;
	__u32 unused;
};

struct counts {
	__u64 closed;         // connections that ended
	__u64 evicted;        // of them, those whose beginning of the end had been forgotten
	__u64 no_closer;      // of them, those that this side closed by nobody knows whom
	__u64 no_owner;       // of them, those without closer and opener
	__u64 minis;          // mini-sockets that were armed for the first time
	__u64 joined;         // of them, those found again at the end of their connection
	__u64 other;          // connections counted into no group of their own
	__u64 lost;           // records for which the ring had no room
	__u64 listeners_full; // listeners that were not remembered
	__u64 shared;         // children of listeners that several processes have on the same address
	__u64 failures;       // failed calls
	__u64 failures_full;  // of them, those not remembered
	__u64 groups;         // groups that were begun
	__u64 searches;       // destinations that were begun
	__u64 untimed;        // connects beside too many others that were searching a port
};

// cpu is what a processor keeps for itself.
struct cpu {
	struct counts counts;
	__u64 cookie; // of the last mini-socket armed here
	__u8 substate;
	__u8 unused[3];
	__u32 ports; // of the same, if nobody has asked for its cookie, which is 0 then
};
