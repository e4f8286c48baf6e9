package kerneltest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/twin/kerneltest"
)

var clock = kerneltest.Clock{Release: "6.18", HZ: 250, Phase: 777 * time.Millisecond}

func families() []kerneltest.Family {
	return []kerneltest.Family{
		kerneltest.Fill, kerneltest.Churn, kerneltest.Binders, kerneltest.Quota, kerneltest.Halves,
		kerneltest.Served, kerneltest.Chosen, kerneltest.Cliff, kerneltest.Minute,
	}
}

// drawn returns a case and what a free twin does in it.
func drawn(t *testing.T, family kerneltest.Family, number int) (*kerneltest.Case, *kerneltest.Transcript) {
	t.Helper()
	c := kerneltest.DrawOne(kerneltest.Options{Seed: 9, Kernel: clock.Release, Short: true}, number, family)
	told, err := kerneltest.Foretell(c, clock, uint64(number))
	if err != nil {
		t.Fatal(err)
	}
	return c, told
}

func difference(t *testing.T, c *kerneltest.Case, told *kerneltest.Transcript) string {
	t.Helper()
	v, err := kerneltest.Follow(c, told)
	if err != nil {
		t.Fatal(err)
	}
	return v.Difference
}

func TestATwinCanFollowWhatAnotherOneDid(t *testing.T) {
	for _, family := range families() {
		for number := range 6 {
			c, told := drawn(t, family, number)
			if d := difference(t, c, told); d != "" {
				t.Errorf("%v: %s", c, d)
			}
		}
	}
}

// TestFollowFindsWhatAnotherKernelDoes lets a twin of an old kernel pass for the
// one of the clock.
func TestFollowFindsWhatAnotherKernelDoes(t *testing.T) {
	for family, release := range map[kerneltest.Family]evidence.Kernel{
		kerneltest.Fill:   "4.1",  // no parities
		kerneltest.Halves: "6.10", // takes over FIN_WAIT2
		kerneltest.Churn:  "5.10", // whole seconds instead of tcp_tw_reuse_delay
		kerneltest.Chosen: "4.4",  // bind() does not tell parities apart
	} {
		found := 0
		for number := range 8 {
			o := kerneltest.Options{Seed: 9, Kernel: "5.10", Short: true} // without settings that only new ones have
			c := kerneltest.DrawOne(o, number, family)
			old := clock
			old.Release = release
			told, err := kerneltest.Foretell(c, old, 1)
			if err != nil {
				continue // the old one does not have a setting of the case
			}
			told.Clock = clock
			if difference(t, c, told) != "" {
				found++
			}
		}
		if found == 0 {
			t.Errorf("%s: nothing is found of what %s does otherwise", family, release)
		}
	}
}

// TestFollowFindsEachKindOfMistake falsifies transcripts.
func TestFollowFindsEachKindOfMistake(t *testing.T) {
	last := func(told *kerneltest.Transcript, of func(*kerneltest.Done) bool) *kerneltest.Done {
		for i := len(told.Done) - 1; i >= 0; i-- {
			if of(&told.Done[i]) {
				return &told.Done[i]
			}
		}
		t.Fatal("the case has no such operation")
		return nil
	}
	for _, c := range []struct {
		family  kerneltest.Family
		falsify func(*kerneltest.Transcript)
		find    string
	}{
		{kerneltest.Quota, func(told *kerneltest.Transcript) { told.Counters.TW++ }, "the kernel counts"},
		{kerneltest.Quota, func(told *kerneltest.Transcript) { last(told, listed).Minis++ }, "mini-sockets"},
		{kerneltest.Fill, func(told *kerneltest.Transcript) { last(told, failed).Errno = kerneltest.OK }, "the kernel takes port 0"},
		{kerneltest.Cliff, func(told *kerneltest.Transcript) { last(told, succeeded).Errno = kerneltest.EADDRNOTAVAIL }, "are open"},
		{kerneltest.Quota, func(told *kerneltest.Transcript) {
			rows := last(told, listed).Rows
			for r := range rows {
				delete(rows, r)
				break
			}
		}, "only the twin has"},
		{kerneltest.Quota, func(told *kerneltest.Transcript) {
			rows := last(told, listed).Rows
			for r := range rows {
				rows[r] -= min(rows[r], 500)
			}
		}, "are left"},
	} {
		drawn, told := drawn(t, c.family, 3)
		c.falsify(told)
		if d := difference(t, drawn, told); !strings.Contains(d, c.find) {
			t.Errorf("looked for %q, found %q", c.find, d)
		}
	}
}

func listed(d *kerneltest.Done) bool    { return len(d.Rows) > 0 }
func failed(d *kerneltest.Done) bool    { return d.Errno == kerneltest.EADDRNOTAVAIL }
func succeeded(d *kerneltest.Done) bool { return d.Port != 0 && d.Errno == kerneltest.OK }
