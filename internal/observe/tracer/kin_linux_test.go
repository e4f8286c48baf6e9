package tracer

import (
	"io"
	"os"
	"os/exec"
	"unsafe"

	"golang.org/x/sys/unix"
)

func namePointer(name string) unsafe.Pointer {
	p, _ := unix.BytePtrFromString(name)
	return unsafe.Pointer(p)
}

func agent(name string, env ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe")
	cmd.Args[0] = name
	cmd.Env = append(append(os.Environ(), agentEnv+"="+name), env...)
	cmd.Stderr = os.Stderr
	return cmd
}

// engage starts the helper, before any connection: what a child inherits for
// the moment until exec, it may be the last to close.
func (c *client) engage() error {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	theirs := os.NewFile(uintptr(pair[1]), "helper")
	defer theirs.Close()
	cmd := agent("heir", wayEnv+"=serve")
	cmd.ExtraFiles = []*os.File{theirs}
	if err := cmd.Start(); err != nil {
		return err
	}
	go cmd.Wait() //nolint:errcheck // it ends with us
	c.helper, c.theirs = pair[0], cmd.Process.Pid
	_, _, err = readByte(c.helper)
	return err
}

// inherit is a child with something of its parent's as descriptor 3: a
// connection to close when told to, or to leave to its exit, or the socket
// over which connections come.
func inherit(*witness) error {
	const fd = 3
	if os.Getenv(wayEnv) == "serve" {
		return closeForOthers(fd)
	}
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	if os.Getenv(wayEnv) == "exit" {
		return nil
	}
	return unix.Close(fd)
}

func closeForOthers(fd int) error {
	if err := writeBytes(fd, "r"); err != nil {
		return err
	}
	rights := make([]byte, unix.CmsgSpace(4))
	for {
		n, rn, _, _, err := unix.Recvmsg(fd, make([]byte, 1), rights, unix.MSG_CMSG_CLOEXEC)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n == 0 {
			return err
		}
		messages, err := unix.ParseSocketControlMessage(rights[:rn])
		if err != nil {
			return err
		}
		fds, err := unix.ParseUnixRights(&messages[0])
		if err != nil {
			return err
		}
		if _, _, err := readByte(fd); err != nil {
			return err
		}
		_ = unix.Close(fds[0])
		if err := writeBytes(fd, "d"); err != nil {
			return err
		}
	}
}

// bequeath opens connections and has children close them: by close, and by
// their exit.
func bequeath(w *witness) error {
	c, err := newClient(w)
	if err != nil {
		return err
	}
	for i := range number(countEnv) {
		fd, tr, err := c.dial('c')
		if err != nil {
			return err
		}
		way := "close"
		if i%2 == 1 {
			way, tr.how = "exit", ByExit
		}
		cmd := agent("heir", wayEnv+"="+way)
		conn := os.NewFile(uintptr(fd), "connection")
		cmd.ExtraFiles = []*os.File{conn}
		in, err := cmd.StdinPipe()
		if err != nil {
			return err
		}
		if err := cmd.Start(); err != nil {
			return err
		}
		tr.closer = cmd.Process.Pid
		_ = conn.Close()
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			return err
		}
		w.swear(tr)
	}
	return nil
}

// fall opens connections, one left alone, and dies with them open.
func fall(w *witness) error {
	c, err := newClient(w)
	if err != nil {
		return err
	}
	how := ByExit
	if os.Getenv(wayEnv) == "kill" {
		how = BySignal
	}
	for range number(countEnv) {
		_, tr, err := c.dial('c')
		if err != nil {
			return err
		}
		tr.how = how
		w.swear(tr)
	}
	if err := w.flush(); err != nil {
		return err
	}
	if how == BySignal {
		return unix.Kill(c.pid, unix.SIGKILL)
	}
	return nil
}

// hold opens many connections, shuts them down when told to, so that all are in
// FIN_WAIT2 at once, and only then has the server close its ends.
func hold(w *witness) error {
	c, err := newClient(w)
	if err != nil {
		return err
	}
	var fds []int
	for range number(countEnv) {
		fd, tr, err := c.dial('h')
		if err != nil {
			return err
		}
		fds = append(fds, fd)
		tr.how = ByShutdown
		w.swear(tr)
	}
	if os.Getenv(wayEnv) == "wait" {
		if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
			return err
		}
	}
	for _, fd := range fds {
		if err := unix.Shutdown(fd, unix.SHUT_WR); err != nil {
			return err
		}
	}
	if err := c.play('g'); err != nil {
		return err
	}
	for _, fd := range fds {
		_, _, _ = readByte(fd)
		_ = unix.Close(fd)
	}
	return nil
}
