package kerneltest

// The words around the numbers of docs/accuracy.md.
const (
	head = `# How exact is the twin?

This page is written by a program from a run on a real kernel, and by nobody else:

    %s

It drew %d small random cases, carried each of them out on Linux %s (HZ=%d) in private network namespaces, and compared what
happened with the twin. That took %v, as most of the time passes in TIME_WAIT. ` + "`go test ./internal/twin/kerneltest`" + `
does the same with fewer cases, and fails where this page would show a difference; ` + "`LINGER_DIFFERENTIAL=200`" + ` makes it 200. Both need root.
How the numbers come about is said in internal/twin/kerneltest; its tolerances, with their reasons, in tolerance.go there.

`
	follows = `A twin is led along what the kernel did: to the ports that the kernel chose, at the times at which it was asked. So its random
choices make no difference, and each outcome can be compared: the errno; whether the port that the kernel took may be taken;
whether all ports that come before it, or all if there is none, are closed to the twin too; in lists, each four-tuple, its state,
and what is left on its timer; at the end, the counters TW, TWKilled, TWRecycled and TCPTimeWaitOverflow. An outcome that hangs
on some milliseconds around tcp_tw_reuse_delay or the end of a timer is not decided, and counted as such. A case ends with
its first difference.

`
	predicts = `Free twins know only the plan: settings, and when what is called. They are asked in advance which connection of each pair of
source and destination is the first to fail, which is the first with a port of the second parity (where connect() has become slow),
and how many succeed. Twins of other seeds that disagree say that a number is random, as it is when a range has an odd number of
ports; then it is a matter of distributions. The plan does not decide a number if it changes when tcp_tw_reuse_delay or the timers
move by as much as the machine was late, at least 20 ms, or when a twin is told the times at which calls were really made. All other numbers must be exact. The families "binders" and "halves" are
not foretold: what follows from what in them depends on ports chosen before, or on how long a handshake takes with a peer
that still has the old connection.

`
	works = `A twin counts at how many ports the kernel looks. That is compared with the time of connect(2), one case at a time, the shortest of
three runs for each connection, as other programs interrupt. "Measured" is
where the times change from the level of the first quarter of connections to that of the last; it may be 10 connections off. Both
correlations are of medians of 25 consecutive connections; that of ranks is low as long as it sorts the first half, where a search
looks at a few ports, which is less than the rest of connect() varies.

`
	randoms = `Both sides choose ports at random, so distributions are compared: the kernel's with those of four twins of each case that
know when calls were made. Numbers of the table above that are random are ranked among those of such twins. The tests
together have a significance of %v: that is the chance that one of the %d finds a difference though there is none (Holm's method).

`
	tail = `
## What is not compared

SO_REUSEPORT over a TIME_WAIT, or beside sockets that only have SO_REUSEADDR: what the kernel allows then depends on the history
of the port, which the twin does not keep. How long a handshake and a close take: the twin says no time. Restarts of TIME_WAIT
by the peer's segments: the claims of ` + "`linger lab`" + ` show these. Other kernels than the one above are not
on this page; internal/vmtest carries the test out on them.

Every case has addresses of its own. The place where the search for a port begins belongs to a pair of addresses and a
destination port, for all namespaces of a kernel together: containers with equal addresses move each other's, a twin alone has its
own. That changes which port is chosen, not how many there are.
`
)
