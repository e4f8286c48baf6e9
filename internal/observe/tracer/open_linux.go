package tracer

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/ringbuf"
)

// Tracer is a set of attached programs. Its methods may be called from several
// goroutines at once.
type Tracer struct {
	parts []*ebpf.Collection // the first holds the maps of all
	links []link.Link
	state *ebpf.Program
	hooks []Hook
	exact bool
	since time.Time
	early uint64          // mini-sockets made while only their timers were watched
	ring  *ringbuf.Reader // nil without Options.Records
	raw   chan *ringbuf.Record
}

// Open attaches the programs. It fails with an *UnavailableError where the
// kernel or the rights do not allow that; hooks that are only useful may be
// missing, and Coverage says so. Close the Tracer to detach them.
func Open(opts Options) (*Tracer, error) {
	if err := possible(running()); err != nil {
		return nil, err
	}
	opts = opts.withDefaults()
	handler, why := handlerAddress(kallsyms)
	t, err := attach(opts, handler, why)
	var missing *timerError
	if errors.As(err, &missing) {
		t, err = attach(opts, 0, missing.err)
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

// attach loads and attaches all hooks. A handler of 0 leaves out the timer,
// for the reason why.
func attach(opts Options, handler uint64, why error) (*Tracer, error) {
	t := &Tracer{hooks: hooks(running()), exact: handler != 0}
	spec, err := configure(opts, handler)
	if err != nil {
		return nil, err
	}
	for i := range t.hooks {
		h := &t.hooks[i]
		err := why
		if h.program != timerProgram || t.exact {
			err = t.hook(spec, h)
		}
		switch {
		case err == nil:
			h.Attached = true
		case h.program == stateProgram:
			return nil, errors.Join(err, t.Close())
		case h.program == timerProgram && t.exact:
			return nil, errors.Join(&timerError{err}, t.Close())
		default:
			h.Why = err.Error()
			if _, err := os.Stat(tracefs + "/events"); h.group != "" && err != nil {
				h.Why, h.hint = "tracefs is not mounted", "sudo mount -t tracefs tracefs "+tracefs
			}
		}
	}
	t.since = time.Now()
	before, err := t.Coverage()
	if err != nil {
		return nil, errors.Join(err, t.Close())
	}
	t.early = before.Unmatched
	if opts.Records {
		if t.ring, err = ringbuf.NewReader(t.parts[0].Maps["ring"]); err != nil {
			return nil, errors.Join(fmt.Errorf("open ring of records: %w", err), t.Close())
		}
		t.raw = make(chan *ringbuf.Record, 1)
		t.raw <- &ringbuf.Record{}
		t.ring.SetDeadline(time.Now().Add(patience))
	}
	return t, nil
}

// hook loads one program, sharing the maps of those before, and attaches it:
// each alone, so that one that is refused does not take the others along.
func (t *Tracer) hook(spec *ebpf.CollectionSpec, h *Hook) error {
	own := spec.Copy()
	own.Programs = map[string]*ebpf.ProgramSpec{h.program: own.Programs[h.program]}
	var opts ebpf.CollectionOptions
	if len(t.parts) > 0 {
		opts.MapReplacements = t.parts[0].Maps
	}
	part, err := ebpf.NewCollectionWithOptions(own, opts)
	if err != nil {
		return fmt.Errorf("load program for %s: %w", h.Name, err)
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
	for name, size := range map[string]int{
		"conns": opts.Connections, "groups": opts.Groups, "listeners": opts.Listeners,
		"failures": opts.Failures, "ring": ringSize(opts),
	} {
		spec.Maps[name].MaxEntries = uint32(size)
	}
	records := uint8(0)
	if opts.Records {
		records = 1
	}
	for name, value := range map[string]any{
		"timewait_handler": handler, "only_netns": opts.Namespace,
		"want_records": records, "wake_after": uint32(ringSize(opts) / 4),
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
	var errs []error
	for _, l := range t.links {
		errs = append(errs, l.Close())
	}
	if t.ring != nil {
		errs = append(errs, t.ring.Close())
	}
	for _, part := range t.parts {
		part.Close()
	}
	t.links, t.parts = nil, nil
	return errors.Join(errs...)
}
