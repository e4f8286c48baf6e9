package plain

import (
	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/twin"
)

// find is __inet_hash_connect, a port at a time.
func (h *Host) find(g *group, own evidence.PortRange) (port uint16, visited int, second bool) {
	low, high := uint32(h.Low), uint32(h.High)
	plain := false
	if h.Kernel.OwnRange && own != (evidence.PortRange{}) {
		if l := uint32(own.Low); l != 0 && low <= l && l <= high {
			low = l
		}
		if t := uint32(own.High); t != 0 && uint32(h.Low) <= t && t <= high {
			high = t
		}
		plain = h.Kernel.OwnRangePlain
	}
	high++
	count := high - low
	offset := g.cursor
	if h.Kernel.Search < twin.ParityTable {
		offset += h.hint
	}
	if h.Kernel.Search < twin.ParityHint {
		return h.inTurn(g, low, count, offset)
	}
	step := uint32(2)
	if plain {
		step = 1
	} else if count > 1 {
		count &^= 1
	}
	offset %= count
	if !plain {
		offset &^= 1
	}
	for {
		at := low + offset
		for i := uint32(0); i < count; i, at = i+step, at+step {
			if at >= high {
				at -= count
			}
			if h.Reserved.Has(uint16(at)) {
				continue
			}
			visited++
			if !h.taken(g, uint16(at)) {
				h.goOn(g, i, step)
				return uint16(at), visited, second
			}
		}
		offset++
		if plain || offset&1 == 0 || count == 1 {
			return 0, visited, second
		}
		second = true
	}
}

func (h *Host) goOn(g *group, i, step uint32) {
	switch h.Kernel.Noise {
	case twin.OneInEight:
		i = max(i, h.rand.Below8()*step)
	case twin.OneIn16:
		if i == 0 && h.rand.Below(16) == 0 {
			i = step
		}
	}
	if h.Kernel.Search < twin.ParityTable {
		h.hint += i + step
	} else {
		g.cursor += i + step
	}
}

func (h *Host) inTurn(g *group, low, count, offset uint32) (port uint16, visited int, second bool) {
	for i := uint32(1); i <= count; i++ {
		at := uint16(low + (i+offset)%count)
		if h.Reserved.Has(at) {
			continue
		}
		visited++
		if !h.taken(g, at) {
			if h.Kernel.Search == twin.InTurnEven {
				i = (i + 2) &^ 1
			}
			h.hint += i
			return at, visited, false
		}
	}
	return 0, visited, false
}
