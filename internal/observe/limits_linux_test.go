package observe_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/observe"
	"github.com/linger-dev/linger/internal/tcp"
)

func TestKernelALookOutlivesTheWorldItLooksAt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	host, err := w.Host("doomed")
	must(t, err)
	server := start(t, host, "hoard "+service)
	o := watch(t, host)
	seen(t, o, "the listener", func(s *evidence.Snapshot) bool { return len(s.Namespaces[0].Listeners) == 1 })

	// By PID, as a user would: what is chosen is held, also when the process
	// ends before the first look.
	byPID, err := observe.Open(observe.Options{Selector: strconv.Itoa(server.PID()), Deep: true})
	must(t, err)
	defer byPID.Close()

	closed := make(chan error, 1)
	go func() { closed <- w.Close() }()
	empty := func(s *evidence.Snapshot) bool { return len(s.Namespaces[0].Listeners) == 0 }
	seen(t, o, "the listener's end", empty)
	must(t, <-closed)
	snap := seen(t, byPID, "the namespace without its process", empty)
	if snap.Namespaces[0].ID != host.ID() {
		t.Errorf("looked at namespace %d, want %d", snap.Namespaces[0].ID, host.ID())
	}
	if o, err := observe.Open(observe.Options{Selector: "pid:" + strconv.Itoa(server.PID())}); err == nil {
		o.Close()
		t.Error("the namespace of a process that has ended could be chosen")
	} else if !strings.Contains(err.Error(), strconv.Itoa(server.PID())) {
		t.Errorf("the error does not name the process: %v", err)
	}
	o.Close()
	if snap, err := o.Look(context.Background()); err == nil {
		t.Errorf("looked after Close: %+v", snap)
	}
}

func TestKernelAStrangerSeesTheSocketsAndIsToldWhatHeLoses(t *testing.T) {
	t.Parallel()
	host := newHost(t)
	start(t, host, "hoard "+service)
	visitOnce(t, host)
	seen(t, watch(t, host), "a CLOSE_WAIT", func(s *evidence.Snapshot) bool {
		return tallyOf(s, evidence.Inbound).States[tcp.CloseWait] == 1
	})
	cmd := exec.Command("/proc/self/exe") // its path may be closed to a stranger
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), childVar+"=look")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: stranger, Gid: stranger}}
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	p, err := host.Start(cmd)
	must(t, err)
	if err := p.Wait(); err != nil {
		t.Fatalf("%v: %s%s", err, out.String(), complaint.String())
	}
	var snap evidence.Snapshot
	must(t, json.Unmarshal(out.Bytes(), &snap))
	if snap.Host.Root || snap.Namespaces[0].ID != host.ID() {
		t.Errorf("root %v in namespace %d, want a stranger in %d", snap.Host.Root, snap.Namespaces[0].ID, host.ID())
	}
	inbound := tallyOf(&snap, evidence.Inbound)
	if len(snap.Namespaces[0].Listeners) != 1 || inbound.States[tcp.CloseWait] != 1 {
		t.Errorf("a stranger sees %+v", snap.Namespaces[0])
	}
	if holder := inbound.HolderOf(tcp.CloseWait); holder.PIDs != nil {
		t.Errorf("a stranger named %v", holder.PIDs)
	}
	told := slices.ContainsFunc(snap.Gaps, func(g evidence.Gap) bool {
		return strings.Contains(g.What, "no permission to read the descriptors") && strings.Contains(g.Loses, "owner") && g.Hint != ""
	})
	if !told {
		t.Errorf("no gap says that owners are lost: %+v", snap.Gaps)
	}
}
