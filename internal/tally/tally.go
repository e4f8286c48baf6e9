// Package tally folds a stream of sockets into tallies, in memory that is
// bounded whatever the sockets are.
package tally

import (
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

// DefaultMaxGroups bounds the groups that are kept apart. A group takes about
// one kilobyte.
const DefaultMaxGroups = 8192

// DefaultMaxInodes bounds how many live sockets are remembered for a later
// search for their owners, at 16 bytes each.
const DefaultMaxInodes = 1 << 16

// Options decide how a Folder folds.
type Options struct {
	Listeners []evidence.Listener // of the namespace; they tell directions
	Settings  *evidence.Settings  // of the namespace
	MaxGroups int                 // 0: DefaultMaxGroups
	MaxInodes int                 // 0: none are remembered
	Maker     Maker               // nil: nobody knows
}

// Folder folds sockets into tallies. Not safe for concurrent use.
type Folder struct {
	opts    Options
	direct  director
	reuse   reuse
	groups  map[key]*group
	bound   evidence.Bound
	sockets uint64
	inodes  int
	unheld  uint64
	folded  uint64
	makes   int // pairs of group and maker
	young   []fresh
	recent  [recentGroups]*group // by key.slot
}

// recentGroups is how many groups are found without the map. A dump comes in
// the order of the kernel's hash, so each row may be of another group than the
// one before, but most hosts have few.
const recentGroups = 1024

// key is evidence.Key without pointers, for hashing.
type key struct {
	src, dst  evidence.Addr
	port      uint16
	direction evidence.Direction
	others    bool
}

// slot is a cheap hash: neighbouring addresses and ports differ in their last
// bytes.
func (k *key) slot() uint32 {
	h := binary.BigEndian.Uint32(k.src[12:])*0x9e3779b1 ^ binary.BigEndian.Uint32(k.dst[12:])*0x85ebca6b ^ uint32(k.port)*0xc2b2ae35
	return h >> 22
}

type group struct {
	evidence.Tally
	key  key
	held []held
	made []made
	into *group // that it was merged into
}

type held struct {
	inode uint64
	state tcp.State
}

// New returns an empty Folder.
func New(opts Options) *Folder {
	if opts.MaxGroups <= 0 {
		opts.MaxGroups = DefaultMaxGroups
	}
	f := &Folder{opts: opts, direct: newDirector(opts), reuse: newReuse(opts.Settings)}
	f.Reset()
	return f
}

// Reset forgets all sockets: a torn dump is folded anew.
func (f *Folder) Reset() {
	f.groups = make(map[key]*group)
	f.recent = [recentGroups]*group{}
	f.sockets, f.inodes, f.unheld, f.folded = 0, 0, 0, 0
	f.makes, f.young = 0, nil
	f.bound = evidence.Bound{
		Listening: new(evidence.PortSet), Accepted: new(evidence.PortSet),
		Idle: new(evidence.PortSet), Connected: new(evidence.PortSet),
	}
	for _, l := range f.opts.Listeners {
		f.bound.Listening.Add(l.Port)
	}
}

// Add folds one socket, and keeps no reference to it. Listeners are not
// counted: they are given in Options.
func (f *Folder) Add(s *evidence.Socket) {
	f.sockets++
	switch {
	case s.State == tcp.Listen:
		f.bound.Listening.Add(s.SrcPort)
		return
	case s.State == tcp.BoundInactive, s.State == tcp.Close, s.DstPort == 0:
		// Bound, but not connected, or not any more. Linux before 6.8 never
		// dumps such a socket.
		f.bound.Idle.Add(s.SrcPort)
		return
	}
	direction, reason := f.direct.of(s)
	g := f.group(s, direction)
	g.Reason = max(g.Reason, reason)
	g.States[s.State]++
	if direction == evidence.Inbound {
		f.bound.Accepted.Add(s.SrcPort)
	} else {
		g.Ports.Add(s.SrcPort)
	}
	switch {
	case s.State == tcp.TimeWait:
		g.Minute.Count(s.Expires)
		if direction == evidence.Outbound {
			g.TimeWaitPorts.Add(s.SrcPort)
			if f.reuse.may(s) {
				g.ReusablePorts.Add(s.SrcPort)
			}
		}
		f.attribute(g, s)
	case s.Mini():
		g.MiniFinWait2++
		f.attribute(g, s)
	case s.Inode == 0:
		g.Orphans[s.State]++
		if evidence.Closing(s.State) {
			f.attribute(g, s)
		}
	default:
		f.hold(g, s)
	}
	if s.State == tcp.CloseWait {
		g.CloseWait.Unread += uint64(s.RQueue)
	}
}

// AddExplicit records an outbound connection whose port the program chose:
// its bind bucket is closed to automatic choice. It is not counted again.
func (f *Folder) AddExplicit(s *evidence.Socket) { f.bound.Connected.Add(s.SrcPort) }

// AddInfo records the tcp_info of a socket in CLOSE_WAIT that was counted
// before; sockets of unknown groups are ignored.
func (f *Folder) AddInfo(s *evidence.Socket) {
	if s.Info == nil || s.State != tcp.CloseWait {
		return
	}
	direction, _ := f.direct.of(s)
	g := f.groups[keyOf(s, direction)]
	if g == nil {
		return
	}
	g.CloseWait.Learn(s.Info.Silent())
}

func (f *Folder) hold(g *group, s *evidence.Socket) {
	if f.opts.MaxInodes == 0 {
		return
	}
	if f.inodes >= f.opts.MaxInodes {
		f.unheld++
		return
	}
	f.inodes++
	g.held = append(g.held, held{inode: s.Inode, state: s.State})
}

func keyOf(s *evidence.Socket, direction evidence.Direction) key {
	k := key{src: s.Src, dst: s.Dst, port: s.DstPort, direction: direction}
	if direction == evidence.Inbound {
		k.port = s.SrcPort
	}
	return k
}

func (f *Folder) group(s *evidence.Socket, direction evidence.Direction) *group {
	k := keyOf(s, direction)
	recent := &f.recent[k.slot()]
	if g := *recent; g != nil && g.key == k {
		return g
	}
	g := f.groups[k]
	if g == nil {
		if len(f.groups) >= f.opts.MaxGroups {
			f.compact()
		}
		g = newGroup(k)
		f.groups[k] = g
	}
	*recent = g
	return g
}

func newGroup(k key) *group {
	g := &group{key: k}
	g.Key = evidence.Key{Direction: k.direction, Port: k.port}
	if k.src != (evidence.Addr{}) || !k.others {
		g.Src = k.src.Netip()
	}
	if !k.others {
		g.Dst = k.dst.Netip()
	}
	if k.direction == evidence.Outbound {
		g.Ports, g.TimeWaitPorts, g.ReusablePorts = new(evidence.PortSet), new(evidence.PortSet), new(evidence.PortSet)
	}
	return g
}

// Fill writes what was folded into the namespace: tallies, largest first, the
// bound ports, and how complete they are.
func (f *Folder) Fill(ns *evidence.Namespace) {
	ns.Tallies = make([]evidence.Tally, 0, len(f.groups))
	for _, g := range f.groups {
		ns.Tallies = append(ns.Tallies, g.Tally)
	}
	slices.SortFunc(ns.Tallies, func(a, b evidence.Tally) int {
		return cmp.Or(cmp.Compare(b.States.Total(), a.States.Total()), a.Compare(b.Key))
	})
	ns.Bound = f.bound
	ns.Dump.Sockets, ns.Dump.FoldedInto, ns.Dump.Unheld = f.sockets, f.folded, f.unheld
}
