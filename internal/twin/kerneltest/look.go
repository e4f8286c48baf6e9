package kerneltest

import (
	"fmt"
	"slices"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
)

// look compares what there is at one moment.
func (f *follower) look(i int) error {
	told := &f.t.Done[i]
	got := f.apply(i)
	moving, coming := f.shadow.moving(told.window())
	for r := range told.Rows {
		if r.State != tcp.Established && r.State != tcp.TimeWait && r.State != tcp.FinWait2 {
			f.verdict.Undecided++ // a segment of its close was late, or lost and will come again
			r.State = 0
			moving[r] = true
			coming++
		}
	}
	wrong := compareRows(told.Rows, got.Rows, moving)
	if d := got.Minis - told.Minis; max(d, -d) > coming {
		return f.differs(i, "the kernel has %d mini-sockets, the twin %d; %d may be coming or going; %v", told.Minis, got.Minis, coming, wrong)
	}
	if !f.c.Ops[i].Deep {
		return nil
	}
	f.verdict.Rows += len(told.Rows)
	if wrong != nil {
		return f.differs(i, "%d connections: %v", len(wrong), wrong[:min(len(wrong), 5)])
	}
	return f.compareLeft(i, got.Rows)
}

// compareRows tells which connections only one side lists, apart from those that
// may just change their state.
func compareRows(kernel, twin map[Row]uint32, moving map[Row]bool) (wrong []string) {
	check := func(here, there map[Row]uint32, who string) {
		for r := range here {
			bare := r
			bare.State = 0
			if _, ok := there[r]; !ok && !moving[bare] {
				wrong = append(wrong, fmt.Sprintf("only the %s has %v:%d > %v:%d in %v", who, r.Src.Netip(), r.SrcPort, r.Dst.Netip(), r.DstPort, r.State))
			}
		}
	}
	check(kernel, twin, "kernel")
	check(twin, kernel, "twin")
	slices.Sort(wrong)
	return wrong
}

// compareLeft compares what timers of TIME_WAIT have left.
func (f *follower) compareLeft(i int, got map[Row]uint32) error {
	told := &f.t.Done[i]
	for _, m := range f.shadow.minis {
		r := m.row
		r.State = tcp.TimeWait
		kernel, there := told.Rows[r]
		if m.inFlux(told.window()) || !there || f.again(m) {
			continue
		}
		off := time.Duration(int64(got[r])-int64(kernel)) * time.Millisecond
		off = max(off, -off)
		// The twin counts from the end of the close, and looks when the list begins.
		if allowed := m.made.to - m.made.from + told.Ended - told.Began + 2*time.Second/time.Duration(f.t.Clock.HZ); off > allowed {
			return f.differs(i, "of %v:%d > %v:%d in TIME_WAIT the kernel says that %d ms are left, the twin %d", r.Src.Netip(), r.SrcPort, r.Dst.Netip(), r.DstPort, kernel, got[r])
		}
		f.verdict.LeftError = max(f.verdict.LeftError, off)
	}
	return nil
}

// again reports whether there is a younger mini-socket of the same connection.
func (f *follower) again(old *mini) bool {
	last := slices.IndexFunc(f.shadow.minis, func(m *mini) bool { return m == old })
	return slices.ContainsFunc(f.shadow.minis[last+1:], func(m *mini) bool { return m.row == old.row })
}
