package observe

import (
	"context"
	"slices"

	"github.com/linger-dev/linger/internal/evidence"
)

// Ledger tells who made sockets that no descriptor holds. It must be safe for
// concurrent use.
type Ledger interface {
	// Maker names the process that made the socket with this cookie; nil if
	// that was not seen. mini says that it is a mini-socket.
	Maker(cookie uint64, mini bool) *evidence.Owner
	// Settle waits until what happened before is known.
	Settle(ctx context.Context) error
	// Here returns what was seen in the calling thread's namespace: calls that
	// failed, and how long connect() took.
	Here() ([]evidence.FailedCall, []evidence.Connects, error)
	// Traced says how much was seen so far.
	Traced() (evidence.Traced, error)
}

// makers numbers the processes that made the sockets of one look. Of a program
// that runs in very many processes only the first are told apart, so that the
// numbers are few.
type makers struct {
	ledger   Ledger
	numbers  map[process]int32
	programs map[program]*run
	list     []*run // by number, from 1
}

type process struct {
	pid   int
	start uint64
}

type program struct{ name, unit, container, pod string }

// run is some processes of a program: one, or all that are not told apart.
type run struct {
	owners []*evidence.Owner
	seen   int // processes
	apart  int // of a program: how many have their own number
	number int32
}

const (
	mostApart    = 16  // processes of a program that are told apart
	mostTogether = 8   // of the others, those that are named
	mostPrograms = 512 // further ones are not told
)

func newMakers(l Ledger) *makers {
	if l == nil {
		return nil
	}
	return &makers{ledger: l, numbers: make(map[process]int32), programs: make(map[program]*run)}
}

// of is a tally.Maker.
func (m *makers) of(cookie uint64, mini bool) int32 {
	owner := m.ledger.Maker(cookie, mini)
	if owner == nil {
		return 0
	}
	p := process{owner.PID, owner.Start}
	number, met := m.numbers[p]
	if !met {
		number = m.meet(owner)
		m.numbers[p] = number
	}
	return number
}

func (m *makers) meet(owner *evidence.Owner) int32 {
	kind := program{owner.Name, owner.Unit, owner.Container, owner.Pod}
	rest := m.programs[kind]
	switch {
	case rest == nil && len(m.programs) >= mostPrograms:
		return 0
	case rest == nil:
		rest = new(run)
		m.programs[kind] = rest
	}
	if rest.apart < mostApart {
		rest.apart++
		return m.number(&run{owners: []*evidence.Owner{owner}, seen: 1})
	}
	rest.seen++
	if len(rest.owners) < mostTogether {
		rest.owners = append(rest.owners, owner)
	}
	if rest.number == 0 {
		m.number(rest)
	}
	return rest.number
}

func (m *makers) number(r *run) int32 {
	m.list = append(m.list, r)
	r.number = int32(len(m.list))
	return r.number
}

// settle asks for the makers of sockets that were closed during the dump, and
// for what failed here.
func (w *watched) settle(ctx context.Context, ns *evidence.Namespace) error {
	if err := w.makers.ledger.Settle(ctx); err != nil {
		return err
	}
	w.folder.Retry()
	return w.ns.Do(func() (err error) {
		ns.Failed, ns.Connects, err = w.makers.ledger.Here()
		return err
	})
}

// nameMakers writes who made the sockets of each tally, and describes them. A
// process whose number is now another's cannot be named beside that: its
// sockets count as not covered.
func (o *Observer) nameMakers(snap *evidence.Snapshot) {
	for i := range snap.Namespaces {
		ns, w := &snap.Namespaces[i], o.byID(snap.Namespaces[i].ID)
		for j := range ns.Failed {
			if owner := ns.Failed[j].Owner; owner != nil && snap.Owner(owner.PID) == nil {
				snap.Owners = append(snap.Owners, asItIsNow(*owner))
			}
		}
		for j := range ns.Tallies {
			t := &ns.Tallies[j]
			w.folder.Made(t, func(maker int32) evidence.Made {
				r := w.makers.list[maker-1]
				m := evidence.Made{Processes: r.seen}
				for _, owner := range r.owners {
					if known := snap.Owner(owner.PID); known == nil {
						snap.Owners = append(snap.Owners, asItIsNow(*owner))
					} else if known.Start != owner.Start {
						continue
					}
					m.PIDs = append(m.PIDs, owner.PID)
				}
				return m
			})
			t.Made = slices.DeleteFunc(t.Made, func(m evidence.Made) bool { return len(m.PIDs) == 0 })
		}
	}
}
