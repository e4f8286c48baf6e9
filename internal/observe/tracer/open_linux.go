package tracer

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/ringbuf"
)

// Tracer is a set of attached programs. Its methods may be called from several
// goroutines at once.
type Tracer struct {
	maps  *ebpf.Collection   // without programs
	parts []*ebpf.Collection // one program each
	links []link.Link
	state *ebpf.Program
	hooks []Hook
	exact bool
	since time.Time
	early uint64          // mini-sockets made while only their timers were watched
	ring  *ringbuf.Reader // nil without Options.Records
	raw   chan *ringbuf.Record

	// mu guards the windows and the failures. Nothing slower than emptying them is done under it.
	mu       sync.Mutex
	groups   *groupWindow
	searches *searchWindow
	failures []Failure     // as they were read last
	failed   uint64        // how many calls had failed then
	closing  chan struct{} // closed to end keep
	kept     chan struct{} // closed when it has ended
}

// Open attaches the programs. It fails with an *UnavailableError where the
// kernel or the rights do not allow that; hooks that are only useful may be
// missing, and Coverage says so. Close the Tracer to detach them.
//
// Where the kernel hides the addresses of its functions, a connection on the
// loopback device is made for a moment. Where tracefs is not mounted, it is
// mounted for a moment for nobody but this one thread, if the rights allow that.
func Open(opts Options) (*Tracer, error) {
	if err := possible(running()); err != nil {
		return nil, err
	}
	opts = opts.withDefaults()
	handler, why := timewaitHandler()
	t, err := attach(opts, hooks(running()), handler, why)
	var missing *timerError
	if errors.As(err, &missing) {
		t, err = attach(opts, hooks(running()), 0, missing.err)
	}
	if err != nil {
		return nil, refused(err)
	}
	return t, nil
}

// timerError says that TIME_WAIT cannot be observed. As the programs were told
// that it can, all begins anew.
type timerError struct{ err error }

func (e *timerError) Error() string { return "watch timers: " + e.err.Error() }

// attach loads and attaches the hooks of a list. A handler of 0 leaves out the timer,
// for the reason why.
func attach(opts Options, list []Hook, handler uint64, why error) (*Tracer, error) {
	t := &Tracer{hooks: list, exact: handler != 0, closing: make(chan struct{}), kept: make(chan struct{})}
	spec, err := configure(opts, handler)
	if err != nil {
		return nil, err
	}
	if err := t.prepare(spec, opts); err != nil {
		return nil, err
	}
	if err := t.hookAll(programs{spec, btf.NewCache()}, why); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	t.since = time.Now()
	before, err := t.Coverage()
	if err != nil {
		return nil, errors.Join(err, t.Close())
	}
	t.early = before.Unmatched
	if opts.Records {
		if t.ring, err = ringbuf.NewReader(t.maps.Maps["ring"]); err != nil {
			return nil, errors.Join(fmt.Errorf("open ring of records: %w", err), t.Close())
		}
		t.raw = make(chan *ringbuf.Record, 1)
		t.raw <- &ringbuf.Record{}
		t.ring.SetDeadline(time.Now().Add(patience))
	}
	return t, nil
}

// prepare makes the maps that all programs share.
func (t *Tracer) prepare(spec *ebpf.CollectionSpec, opts Options) error {
	own := spec.Copy()
	own.Programs = nil
	maps, err := ebpf.NewCollection(own)
	if err != nil {
		return fmt.Errorf("make maps: %w", err)
	}
	t.maps = maps
	t.groups = newWindow[bpfGroupKey, bpfGroup, *bpfGroup](maps.Maps, "groups", opts.Kept)
	t.searches = newWindow[bpfSearchKey, bpfSearch, *bpfSearch](maps.Maps, "searches", opts.Kept)
	go t.keep()
	return nil
}

// programs is what hooks are loaded from. The kernel's types are read once for all.
type programs struct {
	spec  *ebpf.CollectionSpec
	types *btf.Cache
}

// hookAll attaches the hooks, in their order; the classic ones are the last. They
// are left out where the function that tells the same may be watched, and that
// one where it may not.
func (t *Tracer) hookAll(from programs, why error) error {
	classic := slices.IndexFunc(t.hooks, func(h Hook) bool { return h.group != "" })
	for i := range t.hooks[:classic] {
		h := &t.hooks[i]
		err := why
		if h.program != timerProgram || t.exact {
			err = t.hook(from, h)
		}
		switch {
		case err == nil:
			h.Attached = true
		case h.program == stateProgram:
			return err
		case h.program == timerProgram && t.exact:
			return &timerError{err}
		default:
			h.Why = err.Error()
		}
	}
	if port := classic - 1; t.hooks[port].Attached && t.hooks[port].program == portProgram {
		t.hooks = t.hooks[:classic]
		return nil
	}
	t.hooks = slices.DeleteFunc(t.hooks, func(h Hook) bool { return h.program == portProgram })
	t.hookClassic(from, t.hooks[slices.IndexFunc(t.hooks, func(h Hook) bool { return h.group != "" }):])
	return nil
}

// hookClassic attaches those that tracefs knows. They are only useful.
func (t *Tracer) hookClassic(from programs, hooks []Hook) {
	err := withTracefs(func() error {
		for i := range hooks {
			h := &hooks[i]
			if err := t.hook(from, h); err != nil {
				h.Why = err.Error()
			}
			h.Attached = h.Why == ""
		}
		return nil
	})
	var missing *tracefsError
	if errors.As(err, &missing) {
		for i := range hooks {
			hooks[i].Why, hooks[i].hint = missing.Error(), missing.hint
		}
	}
}

// hook loads one program, sharing the maps of those before, and attaches it:
// each alone, so that one that is refused does not take the others along.
func (t *Tracer) hook(from programs, h *Hook) error {
	own := from.spec.Copy()
	own.Programs = map[string]*ebpf.ProgramSpec{h.program: own.Programs[h.program]}
	part, err := ebpf.NewCollectionWithOptions(own, ebpf.CollectionOptions{MapReplacements: t.maps.Maps, Cache: from.types})
	if err != nil {
		return fmt.Errorf("load program for %s: %w", h.Name, unlocked(err))
	}
	t.parts = append(t.parts, part)
	if h.program == stateProgram {
		t.state = part.Programs[stateProgram]
	}
	var l link.Link
	if h.group == "" {
		l, err = link.AttachTracing(link.TracingOptions{Program: part.Programs[h.program]})
	} else {
		l, err = link.Tracepoint(h.group, h.Name, part.Programs[h.program], nil)
	}
	if err != nil {
		return fmt.Errorf("attach to %s: %w", h.Name, err)
	}
	t.links = append(t.links, l)
	return nil
}

// configure returns the programs and maps as the options want them.
func configure(opts Options, handler uint64) (*ebpf.CollectionSpec, error) {
	spec, err := loadBpf()
	if err != nil {
		return nil, fmt.Errorf("read programs: %w", err)
	}
	rows := rowsOf(opts)
	for name, size := range map[string]int{
		"rows": rows, "conns": max(opts.Connections-rows*rowPlaces, 1), "listeners": opts.Listeners, "failures": opts.Failures, "ring": ringSize(opts),
		"groups_even": opts.Groups, "groups_odd": opts.Groups,
		"searches_even": opts.Destinations, "searches_odd": opts.Destinations,
	} {
		spec.Maps[name].MaxEntries = uint32(size)
	}
	spec.Maps["groups"].InnerMap.MaxEntries = uint32(opts.Groups)
	spec.Maps["searches"].InnerMap.MaxEntries = uint32(opts.Destinations)
	records := uint8(0)
	if opts.Records {
		records = 1
	}
	for name, value := range map[string]any{
		"timewait_handler": handler, "only_netns": opts.Namespace,
		"want_records": records, "last_row": uint32(rows - 1), "wake_after": uint32(ringSize(opts) / 4),
	} {
		if err := spec.Variables[name].Set(value); err != nil {
			return nil, fmt.Errorf("set %s: %w", name, err)
		}
	}
	return spec, nil
}

// Close detaches all programs; what was counted is gone. It interrupts Next,
// which then returns os.ErrClosed.
func (t *Tracer) Close() error {
	if t.maps == nil {
		return nil
	}
	close(t.closing)
	<-t.kept
	t.mu.Lock()
	defer t.mu.Unlock()
	var errs []error
	for _, l := range t.links {
		errs = append(errs, l.Close())
	}
	if t.ring != nil {
		errs = append(errs, t.ring.Close())
	}
	for _, part := range append(t.parts, t.maps) {
		part.Close()
	}
	t.links, t.parts, t.maps = nil, nil, nil
	return errors.Join(errs...)
}
