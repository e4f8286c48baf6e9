package closes

import (
	"fmt"
	"sync/atomic"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/observe/owner"
	"github.com/linger-dev/linger/internal/observe/tracer"
)

// people describes processes, each once for as long as it is remembered. A
// process that executes another program, or takes another name, is described
// again.
type people struct {
	root    string // "/proc"
	cgroups *cgroups
	known   *recent[identity, *evidence.Owner]
	// homeless counts those that were gone, and whose cgroups of version 1
	// nobody tells. Traced reads it beside Next.
	homeless atomic.Uint64
}

// identity names a process and what it runs.
type identity struct {
	pid   int
	ticks uint64
	name  string
}

func identityOf(p tracer.Process) identity { return identity{p.PID, p.Ticks(), p.Name} }

// mostPeople of up to a few kilobytes (a command line may be long) are
// remembered twice over, see recent.
const mostPeople = 2048

func newPeople(root string, c *cgroups) *people {
	return &people{root: root, cgroups: c, known: newRecent[identity, *evidence.Owner](mostPeople)}
}

// gaps says what is not known of processes.
func (s *people) gaps() []evidence.Gap {
	n := s.homeless.Load()
	who := fmt.Sprintf("%d processes were gone before they", n)
	switch n {
	case 0:
		return nil
	case 1:
		who = "1 process was gone before it"
	}
	return []evidence.Gap{{
		What:  who + " could be looked at, and the kernel tells nothing of cgroups of version 1",
		Loses: "their container or unit may be missing",
	}}
}

// meet describes p; nil for nobody. What is returned is shared and must not be
// changed.
func (s *people) meet(p tracer.Process) *evidence.Owner {
	if !p.Known() {
		return nil
	}
	id := identityOf(p)
	if o, ok := s.known.get(id); ok {
		return o
	}
	o := s.describe(p)
	s.known.put(id, o)
	return o
}

// describe asks /proc, and believes it only if the process is the same one: its
// number may be another's by now, or mean another in linger's PID namespace.
func (s *people) describe(p tracer.Process) *evidence.Owner {
	o, err := owner.Describe(s.root, p.PID)
	if err != nil || o.Start != p.Ticks() {
		at := s.cgroups.home(p.Cgroup)
		if s.cgroups.v1 && at.container == "" && at.pod == "" {
			s.homeless.Add(1)
		}
		return &evidence.Owner{
			PID: p.PID, Start: p.Ticks(), Name: p.Name, State: "X", Parent: p.Parent, UID: p.UID,
			Unit: at.unit, Container: at.container, Pod: at.pod,
		}
	}
	if o.Name != p.Name {
		o.Cmdline = nil // it has become another program meanwhile
	}
	o.Name, o.UID = p.Name, p.UID
	// Beside version 1, the processes of several containers may be in one group of v2.
	if !s.cgroups.v1 || o.Container == "" && o.Pod == "" {
		s.cgroups.learn(p.Cgroup, home{o.Unit, o.Container, o.Pod})
	}
	return &o
}
