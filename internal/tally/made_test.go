package tally_test

import (
	"fmt"
	"testing"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tally"
	"github.com/linger-dev/linger/internal/tcp"
)

// cookied returns a TIME_WAIT with this cookie and time left.
func cookied(cookie uint64, dst string, left uint32) *evidence.Socket {
	s := timeWait("10.0.0.1", uint16(40000+cookie), dst, 80, left)
	s.Cookie = cookie
	return s
}

// makersOf returns how many sockets of each maker the tallies have.
func makersOf(f *tally.Folder) map[int]uint64 {
	ns := new(evidence.Namespace)
	f.Fill(ns)
	sums := make(map[int]uint64)
	for i := range ns.Tallies {
		t := &ns.Tallies[i]
		f.Made(t, func(maker int32) evidence.Made { return evidence.Made{PIDs: []int{int(maker)}, Processes: 1} })
		for _, m := range t.Made {
			sums[m.PIDs[0]] += m.States.Total()
		}
		if t.Covered() > t.Ownerless() {
			panic(fmt.Sprintf("%s: %d of %d", t.Key, t.Covered(), t.Ownerless()))
		}
	}
	return sums
}

func TestMakersAreCountedAndYoungSocketsAskedForAgain(t *testing.T) {
	known := map[uint64]int32{1: 7, 2: 7, 3: 8}
	f := tally.New(tally.Options{Settings: settings(2), Maker: func(cookie uint64, _ bool) int32 { return known[cookie] }})
	live := cookied(9, "10.0.0.2", 0)
	live.State, live.Timer, live.Inode = tcp.Established, evidence.TimerNone, 5
	waiting := cookied(3, "10.0.0.2", 0) // has a maker, but is not closed: it waits for accept()
	waiting.State, waiting.Timer = tcp.Established, evidence.TimerNone
	dying := cookied(3, "10.0.0.2", 0)
	dying.State, dying.Timer = tcp.LastAck, evidence.TimerRetransmit
	for _, s := range []*evidence.Socket{
		cookied(1, "10.0.0.2", 100), cookied(2, "10.0.0.2", 100), cookied(4, "10.0.0.2", 59_500), cookied(5, "10.0.0.2", 30_000), live, waiting, dying,
	} {
		f.Add(s)
	}
	known[4], known[5] = 9, 9
	f.Retry()
	// 5 is old: it was made before anybody watched, and is not asked for again.
	if got := fmt.Sprint(makersOf(f)); got != "map[7:2 8:1 9:1]" {
		t.Error(got)
	}
}

func TestMakersSurviveTheMergingOfGroups(t *testing.T) {
	f := tally.New(tally.Options{Settings: settings(2), MaxGroups: 8, Maker: func(cookie uint64, _ bool) int32 {
		if cookie%10 == 0 {
			return 0
		}
		return int32(cookie%3) + 1
	}})
	const n = 300
	var want uint64
	for i := range uint64(n) {
		f.Add(cookied(i, fmt.Sprintf("10.0.%d.%d", i/200, i%200+1), 59_900))
		if i%10 != 0 {
			want++
		}
	}
	f.Retry()
	var got uint64
	for _, v := range makersOf(f) {
		got += v
	}
	if got != want {
		t.Errorf("%d of %d have their maker", got, want)
	}
}
