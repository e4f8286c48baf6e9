package kerneltest_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/twin/kerneltest"
)

func TestDrawnCasesAreTheSameAgainAndInOrder(t *testing.T) {
	o := kerneltest.Options{Seed: 4, Cases: 60, Kernel: "6.18", Short: true}
	cases := kerneltest.Draw(o)
	if !reflect.DeepEqual(cases, kerneltest.Draw(o)) {
		t.Error("the same seed draws other cases")
	}
	seen := map[kerneltest.Family]int{}
	for _, c := range cases {
		seen[c.Family]++
		if !slices.IsSortedFunc(c.Ops, func(a, b kerneltest.Op) int { return int(a.At - b.At) }) {
			t.Errorf("%v: the operations are not in order", c)
		}
		for i := range c.Ops {
			if of := c.Ops[i].Of; of > i {
				t.Errorf("%v: operation %d is about %d, which comes later", c, i, of)
			}
		}
		if c.Length() > 80*time.Second {
			t.Errorf("%v takes %v", c, c.Length())
		}
	}
	for _, family := range families() {
		if seen[family] == 0 {
			t.Errorf("no case of the family %s", family)
		}
	}
}

func TestCasesShareNoAddresses(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range kerneltest.Draw(kerneltest.Options{Seed: 4, Cases: 300, Kernel: "6.18"}) {
		pair := c.Source(0).String() + " " + c.Target(0).String()
		if seen[pair] {
			t.Errorf("%v: another case has %s too", c, pair)
		}
		seen[pair] = true
	}
}

func TestKernelsWithoutTheDelayGetNone(t *testing.T) {
	for _, c := range kerneltest.Draw(kerneltest.Options{Seed: 4, Cases: 60, Kernel: "6.12"}) {
		for _, s := range c.Settings {
			if s.Key == "net.ipv4.tcp_tw_reuse_delay" {
				t.Errorf("%v", c)
			}
		}
	}
}
