package twin

// traits are the rarer properties of the same 64 ports.
type traits struct {
	bare      uint64 // the connection has no timestamps
	reuseAddr uint64
	reusePort uint64
	bound     uint64 // the program chose the port
	finWait2  uint64 // the mini-socket is an orphan in FIN_WAIT2
	orphan    uint64 // a full socket in FIN_WAIT2 that nobody holds
}

// stamp returns the stamp of a place.
func (g *group) stamp(place int) uint8 {
	if g.stamps == nil {
		return 0
	}
	return uint8(g.stamps[place])
}

// trait returns the traits that a place is in, to be written.
func (g *group) trait(place int) (t *traits, bit uint64) {
	if g.traits == nil {
		g.traits = make([]traits, len(g.cells))
		g.simplify()
	}
	return &g.traits[place>>6], 1 << (place & 63)
}

// has returns the traits of a place, to be read.
func (g *group) has(place int) (t traits, bit uint64) {
	if g.traits != nil {
		t = g.traits[place>>6]
	}
	return t, 1 << (place & 63)
}

func (t *traits) clear(bit uint64) {
	t.bare &^= bit
	t.reuseAddr &^= bit
	t.reusePort &^= bit
	t.bound &^= bit
	t.finWait2 &^= bit
	t.orphan &^= bit
}
