// Package workload holds the small real programs that make lingering sockets
// for demonstrations, scenarios and tests: servers and clients that behave
// well or badly in one known way each.
//
// They run from linger's own binary through a hidden subcommand (Run), so that
// a private network needs nothing installed. All use plain TCP (Go's
// listeners would use MPTCP, which is another protocol family to the kernel),
// without keepalive probes, which would restart TIME_WAIT timers. A request is
// Message; its answer is the same bytes.
//
// Each program writes its Events to a writer, one JSON object a line, and runs
// until its context ends, which is not an error.
package workload
