// Package sysctl reads the settings and counters of the network namespace of
// the calling thread, typed. It writes nothing.
//
// The two trees differ in whose namespace they show, which matters to a
// program with threads in several. /proc/sys/net shows that of the task that
// opens a file (net_ctl_header_lookup, net/sysctl_net.c). /proc/net is a link
// to self/net, which is that of the first thread; /proc/thread-self/net is
// that of the caller (get_proc_task_net, fs/proc/proc_net.c; Linux 3.17). So
// the caller locks its thread, as netns.Namespace.Do does, and both trees
// then show the same namespace.
package sysctl
