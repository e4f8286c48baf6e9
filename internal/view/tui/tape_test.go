package tui

import (
	"errors"
	"strings"
	"testing"
)

func TestARecordingIsWoundByKeys(t *testing.T) {
	for keys, want := range map[string]int{
		"": 0, "]": 1, "right right": 2, "] ] [": 1, "}": 10, "} } } }": 29, "end": 29, "end {": 19, "end left home": 0, "[": 0,
	} {
		s := atTape(reel{looks: 30}, 80, 24).press(strings.Fields(keys)...)
		if s.m.shown.at != want || s.m.at != want || s.m.seeking {
			t.Errorf("%q leads to look %d, wanted %d, want %d", keys, s.m.shown.at, s.m.at, want)
		}
		if !s.m.shown.report.Snapshot.Taken.Equal(shop(want).Taken) {
			t.Errorf("%q shows %v", keys, s.m.shown.report.Snapshot.Taken)
		}
		if got := s.m.shown.past.seen; got != want+1 {
			t.Errorf("%q shows a past of %d looks, want %d", keys, got, want+1)
		}
	}
}

func TestKeysThatComeFasterThanLooksWindToTheLast(t *testing.T) {
	m := atTape(reel{looks: 30}, 80, 24).m
	m, first := m.wind(1)
	for _, to := range []int{2, 3, 7} {
		next, cmd := m.wind(to)
		if m = next; cmd != nil {
			t.Fatalf("look %d is read beside another", to)
		}
	}
	s := &stage{m: m}
	s.run(first)
	if s.m.shown.at != 7 {
		t.Errorf("look %d is shown", s.m.shown.at)
	}
}

func TestARecordingPlaysToItsEnd(t *testing.T) {
	s := atTape(reel{looks: 3}, 80, 24)
	next, cmd := s.m.Update(press("space"))
	if s.m = next.(Model); s.m.paused || cmd == nil {
		t.Fatal("it does not play")
	}
	for range 3 {
		next, _ := s.m.Update(cmd())
		s.m = next.(Model)
		next, cmd = s.m.Update(tickMsg{})
		if s.m = next.(Model); cmd == nil {
			break
		}
	}
	if s.m.shown.at != 2 || !s.m.paused {
		t.Errorf("it stops at look %d, paused: %v", s.m.shown.at, s.m.paused)
	}
}

func TestADamagedRecordingShowsWhatCanBeRead(t *testing.T) {
	broken := errors.New("recording, line 4: invalid character")
	s := atTape(reel{3, broken}, 80, 24).press("end", "]", "}")
	if s.m.shown.at != 2 || !strings.Contains(s.m.content(), broken.Error()) {
		t.Errorf("look %d:\n%s", s.m.shown.at, s.m.content())
	}
	if s.press("["); s.m.shown.at != 1 || !strings.Contains(s.m.content(), broken.Error()) {
		t.Errorf("look %d:\n%s", s.m.shown.at, s.m.content())
	}
}
