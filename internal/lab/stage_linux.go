package lab

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/linger-dev/linger/internal/netlab"
	"github.com/linger-dev/linger/internal/netlab/rawpeer"
	"github.com/linger-dev/linger/internal/scenario"
)

// buckets is the size of a host's hash table: enough for chains of one or two
// with the tens of thousands of sockets that the largest scenarios make.
const buckets = 16384

// stage is where one play happens.
type stage struct {
	options  Options
	world    *netlab.World
	hosts    map[string]*kernelHost
	peers    map[string]*rawHost
	links    []*link
	programs map[string]*program

	start   time.Time            // of building it: what times count from
	marks   map[string]time.Time // when each labelled step began
	lastAct time.Time            // when the last step began that was no expectation
	watcher *watcher             // nil unless a timeline is wanted
}

// newStage builds the hosts and links of a play and writes their settings. On
// an error nothing is left.
func newStage(f *scenario.File, p *scenario.Play, o Options) (*stage, error) {
	world, err := netlab.NewSmall(buckets)
	if err != nil {
		return nil, refusal(err)
	}
	s := &stage{
		options: o, world: world, hosts: map[string]*kernelHost{}, peers: map[string]*rawHost{},
		programs: map[string]*program{}, marks: map[string]time.Time{}, start: time.Now(),
	}
	if o.Timelines || o.Keep != "" {
		s.watcher = newWatcher(s, p)
	}
	if err := s.build(f, p); err != nil {
		s.close()
		return nil, refusal(err)
	}
	return s, nil
}

// refusal makes errors that say "not on this machine" untestable.
func refusal(err error) error {
	var privilege *netlab.PrivilegeError
	var device *rawpeer.UnavailableError
	switch {
	case errors.As(err, &privilege):
		return &untestable{why: privilege.Error(), hint: privilege.Hint}
	case errors.As(err, &device):
		return &untestable{why: device.Error(), hint: device.Hint}
	}
	return err
}

func (s *stage) build(f *scenario.File, p *scenario.Play) error {
	for _, h := range p.Hosts {
		if h.Raw != nil {
			continue // made with its link
		}
		host, err := newKernelHost(s.world, h.Name)
		if err != nil {
			return err
		}
		s.hosts[h.Name] = host
		for _, key := range f.Needs {
			if err := has(host, key); err != nil {
				return err
			}
		}
		if err := set(host, h.Settings); err != nil {
			return err
		}
	}
	for _, l := range p.Links {
		if err := s.join(p, l); err != nil {
			return err
		}
	}
	if err := s.tap(p); err != nil {
		return err
	}
	var slab int64
	if weighs(p) {
		var err error
		if slab, err = settledSlab(); err != nil {
			return err
		}
	}
	for _, h := range s.hosts {
		if err := h.remember(slab); err != nil {
			return err
		}
	}
	return nil
}

// weighs reports whether a play measures the kernel's memory.
func weighs(p *scenario.Play) bool {
	return slices.ContainsFunc(p.Steps, func(s scenario.Step) bool {
		e, ok := s.Action.(scenario.Expect)
		return ok && e.Bytes != nil
	})
}

// has checks that this kernel has a setting.
func has(h *kernelHost, key string) error {
	_, err := h.ReadSysctl(key)
	if errors.Is(err, fs.ErrNotExist) {
		return &untestable{why: "this kernel has no setting " + key}
	}
	return err
}

func set(h *kernelHost, settings []scenario.Setting) error {
	for _, setting := range settings {
		err := h.Sysctl(setting.Key, setting.Value)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return &untestable{why: "this kernel has no setting " + setting.Key + " of a namespace"}
		case errors.Is(err, os.ErrPermission):
			return &untestable{why: "setting " + setting.Key + " is not permitted here", hint: "run it as root"}
		case err != nil:
			return err
		}
	}
	return nil
}

// close ends everything; what was captured stays readable.
func (s *stage) close() {
	if s.watcher != nil {
		s.watcher.stop()
	}
	for _, l := range s.links {
		l.stop()
	}
	for _, peer := range s.peers {
		_ = peer.peer.Close()
	}
	for _, p := range s.programs {
		p.close()
	}
	for _, h := range s.hosts {
		h.close()
	}
	_ = s.world.Close()
}

// begin starts the programs that do not wait for a step.
func (s *stage) begin(ctx context.Context, p *scenario.Play) error {
	s.lastAct = time.Now()
	for i := range p.Programs {
		s.programs[p.Programs[i].Name] = s.newProgram(&p.Programs[i], p)
	}
	// Servers first: a client's first connection shall not be refused.
	for _, servers := range []bool{true, false} {
		for i := range p.Programs {
			spec := &p.Programs[i]
			if spec.Later || spec.Listen.IsValid() != servers {
				continue
			}
			if err := s.programs[spec.Name].start(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

func unknownHost(name string) error { return fmt.Errorf("no host %q", name) }
