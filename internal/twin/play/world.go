package play

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/scenario"
	"github.com/linger-dev/linger/internal/twin"
	"github.com/linger-dev/linger/internal/twin/chance"
	"github.com/linger-dev/linger/internal/twin/play/outcome"
)

// world is where one play happens.
type world struct {
	clock
	options  *Options
	hosts    map[string]*host
	order    []*host // of the file
	programs map[string]*program
	owner    map[netip.Addr]*host
	// refused is why the play cannot be one, once it has turned out.
	refused *Untestable
	saved   time.Duration // when evidence was kept last
	samples []outcome.Sample
}

// Untestable says what keeps the twin from playing a scenario.
type Untestable struct{ Why say.Text }

// Error returns the reason in English.
func (u *Untestable) Error() string { return u.Why.EN }

func untestable(en, zh string, args ...any) *Untestable {
	return &Untestable{say.F(en, zh, args...)}
}

// refuse ends the play: something that it needs is not known here.
func (w *world) refuse(u *Untestable) {
	if w.refused == nil {
		w.refused = u
	}
}

// newWorld builds the hosts of a play.
func newWorld(f *scenario.File, p *scenario.Play, o *Options) (*world, error) {
	w := &world{options: o, hosts: map[string]*host{}, programs: map[string]*program{}, owner: map[netip.Addr]*host{}}
	for i := range p.Hosts {
		if err := w.addHost(f, &p.Hosts[i]); err != nil {
			return nil, err
		}
	}
	for _, l := range p.Links {
		w.address(l.A, l.AAddrs)
		w.address(l.B, l.BAddrs)
	}
	for i := range p.Programs {
		spec := &p.Programs[i]
		if o.Rate > 0 && spec.To.IsValid() {
			faster := *spec
			faster.Rate = o.Rate
			spec = &faster
		}
		w.programs[spec.Name] = newProgram(w, spec, w.hosts[spec.On])
	}
	return w, nil
}

func (w *world) addHost(f *scenario.File, spec *scenario.Host) error {
	t, err := twin.New(twin.Options{
		Kernel: w.options.Kernel, HZ: w.options.HZ, Name: spec.Name, Began: w.options.Began,
		Seed: chance.Hash(w.options.Seed, uint64(len(w.order)), 0),
	})
	if err != nil {
		return err
	}
	h := &host{name: spec.Name, world: w, twin: t, ends: map[tuple]*end{}}
	w.hosts[spec.Name] = h
	w.order = append(w.order, h)
	if spec.Raw != nil {
		h.bare = !spec.Raw.Timestamps
		return nil
	}
	for _, key := range f.Needs {
		if errors.Is(t.Set(key, ""), twin.ENOENT) {
			return noSetting(w.options.Kernel, key)
		}
	}
	if err := w.set(h, spec.Settings); err != nil {
		return err
	}
	return w.set(h, w.options.Settings)
}

// set writes settings, with a reason if that cannot be.
func (w *world) set(h *host, settings []scenario.Setting) error {
	for _, s := range settings {
		if err := h.kernel().Set(s.Key, s.Value); err != nil {
			return at(s.Line, settingError(s, h.twin.Kernel(), err))
		}
	}
	return nil
}

func noSetting(kernel evidence.Kernel, key string) *Untestable {
	return untestable("Linux %s has no setting %s, or none that the twin knows", "Linux %s 没有设置项 %s，或者孪生内核不认识它", string(kernel), key)
}

func refusedSetting(kernel evidence.Kernel, s scenario.Setting) *Untestable {
	return untestable("Linux %s does not take %q for %s", "Linux %s 不接受把 %[3]s 设为 %[2]q", string(kernel), s.Value, s.Key)
}

func (w *world) address(name string, all []netip.Prefix) {
	h := w.hosts[name]
	h.addrs = append(h.addrs, all...)
	for _, p := range all {
		w.owner[p.Addr()] = h
	}
}

// find returns the host that has an address, as seen from another.
func (w *world) find(from *host, to netip.Addr) *host {
	if to.IsLoopback() {
		return from
	}
	return w.owner[to]
}

// snapshot is the evidence of all hosts at one moment.
func (w *world) snapshot() *evidence.Snapshot {
	var all *evidence.Snapshot
	for i, h := range w.order {
		s := h.kernel().Snapshot()
		if all == nil {
			all = s
			names := make([]string, len(w.order))
			for j, o := range w.order {
				names[j] = o.name
			}
			all.Host.Name = "twin: " + strings.Join(names, ", ")
			continue
		}
		s.Namespaces[0].ID = uint64(i + 1)
		all.Namespaces = append(all.Namespaces, s.Namespaces...)
	}
	return all
}

// until lets time pass, and ends early when the play cannot go on.
func (w *world) until(ctx context.Context, t time.Duration) error {
	if err := w.pass(ctx, t); err != nil {
		return err
	}
	if w.refused != nil {
		return w.refused
	}
	return nil
}

func (w *world) unknownAddress(a netip.Addr) *Untestable {
	return untestable("no host of the file has the address %s: the twin does not know what becomes of a connection to nowhere",
		"文件里没有主机拥有地址 %s：孪生内核不知道连向不存在的主机会怎样", fmt.Sprint(a))
}
