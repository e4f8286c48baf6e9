//go:build ignore

#pragma once

#include "kernel.h"

// Bits of holder_key.flags.
enum {
	V6 = 1,
	V6ONLY = 2,
	REUSEADDR = 4,
	REUSEPORT = 8,
	MINI = 16,
	ORPHAN = 32,
	EXPLICIT = 64,   // connect() did not choose the port
	AUTOMATIC = 128, // connect() chose it; told since 6.18
};

// Sockets that are alike in all of this are counted together.
struct holder_key {
	__u8 addr[16]; // IPv4 in its mapped form
	__u32 uid;
	__u32 device;
	__s32 l3mdev;
	__u8 state; // of a mini-socket: its substate
	__u8 flags;
	__u16 unused;
};

#define INODES 4

struct holder {
	__u64 count;
	__u64 cookie;   // of the first
	__u64 inodes[INODES]; // of the first ones; 0: none
	__s64 soonest;  // jiffies until the first mini-socket ends; negative: overdue
	__s64 latest;
	__u8 remote[16]; // of the first
	__u16 remote_port;
	__u16 unused[3];
};

struct bucket {
	__u8 addr[16];
	__u32 uid;
	__s8 fastreuse;
	__s8 fastreuseport;
	__u8 v6;
	__u8 v6only;
};

// Bits of port_use.flags.
enum {
	BOUND = 1,      // automatic connect() passes over the port
	LISTENS = 2,    // by kind of its users, whatever they are connected to:
	IDLE = 4,       // neither listening nor connected
	CHOSEN = 8,     // a live connection from a port that the program chose
	CHOSEN_TW = 16, // a mini-socket whose port connect() did not choose: the program did, or it was accepted
	OTHER = 32,     // any other connection
	LIVE = 64,      // toward the destination, not in TIME_WAIT
	TW = 128,       // toward it, in TIME_WAIT
	FW2 = 256,      // toward it, a mini-socket in FIN_WAIT2
	STAMPED = 512,  // that had timestamps
	ACCEPTED = 1024, // a live connection whose port was inherited from a listener, or chosen by bind() to port 0
};

struct port_use {
	__u32 flags;
	__u32 users;
	__u32 age; // ms since it entered TIME_WAIT; since 6.14
	__u32 unused;
	__s64 left; // jiffies until the one toward the destination ends
	__u64 inode; // of a live user that bound it, or of the one toward the destination
};

struct wanted {
	__u8 src[16]; // of connections toward dst; all zero: any
	__u8 dst[16];
	__u32 netns;  // inode of the namespace, for the walk over files
	__u16 dst_port;
	__u16 low, high; // ports to look at
	__u16 unused;
};

struct result {
	__u64 seen;
	__u64 lost; // groups for which there was no room
};
