package tracer

import (
	"slices"

	"github.com/linger-dev/linger/internal/evidence"
)

// Hook is a place in the kernel where a program is attached.
type Hook struct {
	Name     string `json:"name"`
	Kernel   string `json:"kernel"` // the smallest version it works on, or is needed on
	Loses    string `json:"loses"`  // what the user does not learn without it
	Attached bool   `json:"attached"`
	Why      string `json:"why,omitempty"` // it is not attached
	hint     string
	since    [2]int // the kernel that needs it; the zero value is any
	program  string
	group    string // tracefs directory of a classic tracepoint; "" for one with BTF
}

// hooks lists those of a kernel, in the order in which they are attached: the timer first,
// or connections that end between the two would seem to leave no TIME_WAIT.
//
// 5.12 lets tracing programs ask for a socket's cookie
// (bpf_get_socket_cookie), which is what joins the mini-socket, the dump and
// the connection; the tracepoints themselves are older.
func hooks(kernel evidence.Kernel) []Hook {
	const binds = "bind() calls that end in EADDRINUSE are not seen"
	const listens = "listen() calls that end in EADDRINUSE are not seen"
	all := []Hook{
		{
			Name: "timer_start", Kernel: "5.12", program: timerProgram,
			Loses: "whether a TIME_WAIT was left is estimated from the states, wrong when the kernel had no room for it; FIN_WAIT2 sockets are not told apart, and how long connect() searches a port is not measured",
		},
		{
			Name: "inet_sock_set_state", Kernel: "5.12", program: stateProgram,
			Loses: "nothing is known of who opened and closed connections",
		},
		{
			Name: "tcp_destroy_sock", Kernel: "5.12", program: "on_destroy",
			Loses: "a few connections in ten thousand are not seen to end",
		},
		{
			// Needed on 7.3 and not on 6.18; between the two nothing was tried.
			Name: "inet_sock_set_state", Kernel: "6.19", program: "on_state_again", since: [2]int{6, 19},
			Loses: "a few closers in ten thousand are not seen",
		},
		{
			// In place of those after it. bpf_get_func_ret came with 5.17.
			Name: "inet_csk_get_port", Kernel: "5.17", program: portProgram,
			Loses: "while bind() and listen() are watched, all system calls of this host take a little longer",
		},
		{Name: "sys_enter_bind", Kernel: "5.12", program: "on_enter_bind", group: "syscalls", Loses: binds},
		{Name: "sys_exit_bind", Kernel: "5.12", program: "on_exit_bind", group: "syscalls", Loses: binds},
		{Name: "sys_enter_listen", Kernel: "5.12", program: "on_enter_listen", group: "syscalls", Loses: listens},
		{Name: "sys_exit_listen", Kernel: "5.12", program: "on_exit_listen", group: "syscalls", Loses: listens},
	}
	return slices.DeleteFunc(all, func(h Hook) bool { return !kernel.AtLeast(h.since[0], h.since[1]) })
}

const (
	timerProgram = "on_timer_start"
	stateProgram = "on_state"
	portProgram  = "on_get_port"
)
