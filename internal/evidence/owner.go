package evidence

import "github.com/linger-dev/linger/internal/say"

// Owner is a process that holds sockets, as /proc and its cgroup describe it.
// Names and command lines come from strangers: they may hold any byte, and a
// view must escape them.
type Owner struct {
	PID        int       `json:"pid"`
	Start      uint64    `json:"start"` // clock ticks after boot; with PID it names the process for ever
	Name       string    `json:"name"`
	State      ProcState `json:"state"` // "X" if only an earlier look saw it, and it has ended since
	Parent     int       `json:"ppid"`
	ParentName string    `json:"parent_name,omitempty"`
	UID        uint32    `json:"uid"`
	Cmdline    []string  `json:"cmdline,omitempty"`
	Unit       string    `json:"unit,omitempty"`      // systemd unit
	Container  string    `json:"container,omitempty"` // container id
	Pod        string    `json:"pod,omitempty"`       // Kubernetes pod uid
}

// ProcState is the state letter of /proc/PID/stat.
type ProcState string

// Running reports whether the process can still close its sockets by itself.
func (s ProcState) Running() bool { return s == "R" || s == "S" || s == "I" }

// Means says in one clause what the state does to the process's sockets.
func (s ProcState) Means() say.Text {
	switch s {
	case "R":
		return say.F("running", "正在运行")
	case "S":
		return say.F("sleeping: it waits for something, and can close its sockets", "睡眠：在等待事件，能够关闭自己的套接字")
	case "D":
		return say.F("in uninterruptible sleep: it cannot close anything, nor be killed, until that ends",
			"不可中断睡眠：在此结束之前，既不能关闭任何东西，也无法被杀死")
	case "T":
		return say.F("stopped by a signal: the kernel still accepts and acknowledges for it, but nobody closes",
			"被信号停止：内核仍替它接受连接并确认，但没有人关闭")
	case "t":
		return say.F("stopped by a debugger: the kernel still accepts and acknowledges for it, but nobody closes",
			"被调试器停止：内核仍替它接受连接并确认，但没有人关闭")
	case "Z":
		return say.F("a zombie: it has exited and holds no descriptors", "僵尸进程：已经退出，不持有描述符")
	case "X", "x":
		return say.F("dead: it holds no descriptors", "已消亡：不持有描述符")
	case "I":
		return say.F("an idle kernel thread", "空闲的内核线程")
	}
	return say.F("in state %s", "状态 %s", string(s))
}
