// Package workload holds the small real programs that make lingering sockets
// for demonstrations, scenarios and tests: servers and clients that behave
// well or badly in one known way each, and one that only makes the calls that
// it is told to make.
//
// They run from linger's own binary through a hidden subcommand (Run), so that
// a private network needs nothing installed. All use plain TCP (Go's
// listeners would use MPTCP, which is another protocol family to the kernel),
// without keepalive probes unless asked, because probes would restart
// TIME_WAIT timers. Clients and Calls connect with direct system calls: the
// net package would repeat a connect(2) that finds no port. A request is
// Message, and its answer is the same bytes, but for files.
//
// Each program writes its Events to a writer, one JSON object a line, and runs
// until its context ends, which is not an error. Calls also reads Requests and
// writes Answers; Driver is the other end of that.
package workload
