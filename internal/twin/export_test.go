package twin

import "reflect"

// GroupSize is how many bytes a group has, without what it points to.
func GroupSize() uintptr { return reflect.TypeFor[group]().Size() }

// StateOf says what uses a four-tuple, as State of the plain twin does.
func (h *Host) StateOf(c Conn) int {
	g := h.groups[c.Group]
	if !g.holds(c.Port) {
		return 0
	}
	place := g.place(c.Port)
	t, bit := g.has(place)
	switch {
	case t.orphan&bit != 0:
		return 2
	case g.cells[place>>6].mini&bit == 0:
		return 1
	case t.finWait2&bit != 0:
		return 3
	}
	return 4
}
