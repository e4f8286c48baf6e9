package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/vmtest"
)

// teller writes events. It is safe for concurrent use.
type teller struct {
	mu   sync.Mutex // guards port: a line is written as a whole
	port *os.File
}

func (t *teller) tell(e vmtest.Event) {
	line, err := json.Marshal(e)
	if err != nil {
		return // no value of Event fails
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	_, _ = t.port.Write(append(line, '\n')) // there is nowhere else to complain
}

func (t *teller) trouble(err error) {
	if err != nil {
		t.tell(vmtest.Event{Kind: vmtest.Trouble, Data: []byte(err.Error())})
	}
}

// drain waits until the port has sent all.
func (t *teller) drain() { _ = unix.IoctlSetInt(int(t.port.Fd()), unix.TCSBRK, 1) }

// run runs a program to its end and tells of it. What it leaves running is
// killed, so that the next program has the machine for itself.
func (t *teller) run(p vmtest.Program) {
	t.tell(vmtest.Event{Kind: vmtest.Begin, Program: p.Name})
	began := time.Now()
	status, err := t.start(p)
	if err != nil {
		t.trouble(fmt.Errorf("run %s: %w", p.Name, err))
		status = 127 // as a shell says it
	}
	t.tell(vmtest.Event{Kind: vmtest.Exit, Program: p.Name, Status: status, Took: time.Since(began)})
}

func (t *teller) start(p vmtest.Program) (status int, err error) {
	stdout, outEnd, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	stderr, errEnd, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return 0, err
	}
	process, err := os.StartProcess(p.File, append([]string{p.File}, p.Args...), &os.ProcAttr{
		Dir: p.Folder(), Env: p.Environment(), Files: []*os.File{null, outEnd, errEnd},
	})
	for _, f := range []*os.File{null, outEnd, errEnd} {
		_ = f.Close()
	}
	if err != nil {
		return 0, err
	}
	var readers sync.WaitGroup
	readers.Go(func() { t.forward(p.Name, vmtest.Output, stdout) })
	readers.Go(func() { t.forward(p.Name, vmtest.Errors, stderr) })
	limit := time.AfterFunc(p.Limit, func() {
		t.trouble(fmt.Errorf("%s is not done after %v", p.Name, p.Limit))
		_ = unix.Kill(-1, unix.SIGKILL) // reap below fetches them
	})
	status = reap(process.Pid)
	limit.Stop()
	killAll()
	readers.Wait()
	return status, nil
}

func (t *teller) forward(program, kind string, pipe *os.File) {
	defer func() { _ = pipe.Close() }()
	piece := make([]byte, 1<<15)
	for {
		n, err := pipe.Read(piece)
		if n > 0 {
			t.tell(vmtest.Event{Kind: kind, Program: program, Data: piece[:n]})
		}
		if err != nil {
			return
		}
	}
}

// reap waits for a process as the first process must: for all that end, since
// orphans become its children.
func reap(pid int) (status int) {
	for {
		var s unix.WaitStatus
		got, err := unix.Wait4(-1, &s, 0, nil)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return 127
		case got == pid && s.Signaled():
			return 256 + int(s.Signal())
		case got == pid:
			return s.ExitStatus()
		}
	}
}

// killAll kills all processes but the first, and fetches those that died.
func killAll() {
	_ = unix.Kill(-1, unix.SIGKILL)
	for {
		if got, err := unix.Wait4(-1, nil, unix.WNOHANG, nil); got <= 0 && !errors.Is(err, unix.EINTR) {
			return
		}
	}
}
