package kerneltest

import "time"

// The tolerances of the comparison. Whatever lies outside of them is a
// difference between twin and kernel.
const (
	// slack is by how much a time may be off that was read before or after a
	// system call: an outcome that hangs on less is not decided. The call itself
	// is not part of it, its begin and end are known; a segment that a busy
	// processor's softirq handles later is.
	slack = 8 * time.Millisecond
	// late is how late a timer may fire on a busy machine. The timer of a TIME_WAIT
	// runs in a softirq, after all that has a higher priority.
	late = 60 * time.Millisecond
	// delayedACK is by how much FIN_WAIT2 may begin after our close(): its timer
	// begins with the ACK of the peer, which may wait that long (TCP_DELACK_MIN).
	delayedACK = 45 * time.Millisecond
	// lateCase is how late an operation may be for a case to be a test of a
	// prediction, which knows only the plan. It is also what a prediction must bear:
	// if it changes when tcp_tw_reuse_delay or the phase of the timers moves by as
	// much, the plan does not decide it.
	lateCase = 20 * time.Millisecond
	// failureTime is how exact the time of the first failure must be foretold.
	failureTime = 0.02
	// minuteShare is how exact the mean number of mini-sockets over any minute must
	// be foretold.
	minuteShare = 0.01
	// significance is that of all statistical tests of a run together: the chance
	// that a run finds a difference though there is none. Holm's method shares it.
	significance = 0.001
)
