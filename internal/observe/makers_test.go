package observe

import (
	"context"
	"testing"

	"github.com/linger-dev/linger/internal/evidence"
)

// crowd is a ledger of a program that runs in a process for each socket.
type crowd struct{ Ledger }

func (crowd) Maker(cookie uint64, _ bool) *evidence.Owner {
	if cookie == 0 {
		return nil
	}
	return &evidence.Owner{PID: int(cookie), Start: 1, Name: "worker"}
}
func (crowd) Settle(context.Context) error { return nil }

func TestOfVeryManyProcessesOnlyTheFirstAreToldApart(t *testing.T) {
	m := newMakers(crowd{})
	numbers := make(map[int32]int)
	for cookie := range uint64(1000) {
		for range 2 {
			numbers[m.of(cookie, true)]++
		}
	}
	if numbers[0] != 2 || len(numbers) != 1+mostApart+1 {
		t.Fatalf("%d numbers for 999 processes", len(numbers))
	}
	last := m.list[mostApart]
	if last.seen != 999-mostApart || len(last.owners) != mostTogether {
		t.Errorf("the others: %d processes, of which %d are named", last.seen, len(last.owners))
	}
}

func TestProgramsAreBounded(t *testing.T) {
	m := newMakers(crowd{})
	for i := range 2 * mostPrograms {
		m.meet(&evidence.Owner{PID: i + 1, Name: string(rune('a' + i))})
	}
	if len(m.programs) != mostPrograms || len(m.list) != mostPrograms {
		t.Errorf("%d programs, %d numbers", len(m.programs), len(m.list))
	}
}

func TestAMakerWhosePIDIsAnothersByNowIsNotNamed(t *testing.T) {
	snap := &evidence.Snapshot{
		Owners: []evidence.Owner{{PID: 7, Start: 1, Name: "gone"}, {PID: 8, Start: 1, Name: "also gone"}},
		Namespaces: []evidence.Namespace{{Tallies: []evidence.Tally{{Made: []evidence.Made{
			{PIDs: []int{7}, Processes: 1}, {PIDs: []int{7, 8}, Processes: 2},
		}}}}},
	}
	replaceOwners(snap, []evidence.Owner{{PID: 7, Start: 2, Name: "another"}})
	made := snap.Namespaces[0].Tallies[0].Made
	if len(made) != 1 || len(made[0].PIDs) != 1 || made[0].PIDs[0] != 8 || snap.Owner(8) == nil || snap.Owner(7).Name != "another" {
		t.Errorf("%+v, %+v", made, snap.Owners)
	}
}
