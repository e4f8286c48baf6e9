package kerneltest_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/netlab"
	"github.com/linger-dev/linger/internal/twin/kerneltest"
)

func machine(t *testing.T) *kerneltest.Machine {
	t.Helper()
	if err := netlab.Allowed(); err != nil {
		t.Skipf("needs private network namespaces: %v", err)
	}
	m, err := kerneltest.OpenMachine()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestKernelDoesWhatTheTwinSays carries random cases out on both: one of each
// family with -short. The default takes 80 s, for the sake of the minutes among them.
func TestKernelDoesWhatTheTwinSays(t *testing.T) {
	t.Parallel()
	m := machine(t)
	o := kerneltest.Options{Seed: uint64(time.Now().UnixNano()), Cases: 48, Short: true}
	if testing.Short() {
		o.Cases = 9
	}
	if text := os.Getenv("LINGER_DIFFERENTIAL"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("LINGER_DIFFERENTIAL must be how many cases to draw: %v", err)
		}
		o.Cases, o.Short = n, false
	}
	r, err := m.Run(o, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("seed %d: %v", o.Seed, r.Took)
	all := r.Summarise()
	sum := &all[len(all)-1]
	for _, d := range sum.Differences {
		t.Error(d)
	}
	for _, w := range sum.Wrong {
		t.Error(w)
	}
	for _, test := range r.Tests {
		if test.Found {
			t.Errorf("seed %d: %s: p = %.3g (%s)", o.Seed, test.What, test.P, test.Name)
		}
	}
	t.Logf("%d outcomes, %d ports, %d rows compared; %d undecided", sum.Outcomes, sum.Ports, sum.Rows, sum.Undecided)
	spared := 0
	if testing.Short() { // among so few cases a single one that hangs on milliseconds can be much
		for i := range r.Outcomes {
			spared = max(spared, r.Outcomes[i].Verdict.Undecided)
		}
	}
	if (sum.Undecided-spared)*50 > sum.Outcomes {
		t.Errorf("%d of %d outcomes were not decided, %d of them spared: that is too many to find anything", sum.Undecided, sum.Outcomes, spared)
	}
}

// TestKernelFoundDifferences are cases in which the twin once did something else
// than the kernel.
func TestKernelFoundDifferences(t *testing.T) {
	t.Parallel()
	m := machine(t)
	for name, c := range found(m.Clock()) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transcript, err := m.Play(c)
			if err != nil {
				t.Fatal(err)
			}
			v, err := kerneltest.Follow(c, transcript)
			if err != nil {
				t.Fatal(err)
			}
			if v.Difference != "" {
				t.Error(v.Difference)
			}
			if v.Undecided > 0 {
				t.Errorf("%d outcomes were not decided", v.Undecided)
			}
		})
	}
}

func found(clock kerneltest.Clock) map[string]*kerneltest.Case {
	const ms = time.Millisecond
	set := func(key string, value int) kerneltest.Setting {
		return kerneltest.Setting{Key: "net.ipv4." + key, Value: fmt.Sprint(value)}
	}
	reuse := []kerneltest.Setting{set("tcp_tw_reuse", 1)}
	if clock.Release.AtLeast(6, 14) {
		reuse = append(reuse, set("tcp_tw_reuse_delay", 100))
	}
	// A connection that takes a TIME_WAIT over inherits that it had timestamps
	// (ts_recent_stamp, in tcp_twsk_unique): its own TIME_WAIT can be taken over too,
	// though it has none.
	heir := &kerneltest.Case{
		Number: 1, Family: kerneltest.Churn, Place: kerneltest.Apart, Low: 20000, High: 20001, Sources: 1, Targets: 1, Settings: reuse,
		Ops: []kerneltest.Op{
			{Kind: kerneltest.Dial},
			{Kind: kerneltest.Dial},
			{Kind: kerneltest.CloseByUs, Of: 0, At: ms},
			{Kind: kerneltest.Set, Setting: set("tcp_timestamps", 0), At: 10 * ms},
			{Kind: kerneltest.Dial, At: 1200 * ms},
			{Kind: kerneltest.CloseByUs, Of: 4, At: 1201 * ms},
			{Kind: kerneltest.Dial, At: 2500 * ms},
			{Kind: kerneltest.CloseByUs, Of: 1, At: 2501 * ms},
			{Kind: kerneltest.Look, Deep: true, At: 2600 * ms},
		},
	}
	// Kernels of long-lived series have that since a patch release (0d9e5df4a257).
	half := &kerneltest.Case{
		Number: 2, Family: kerneltest.Halves, Place: kerneltest.Apart, Low: 20000, High: 20001, Sources: 1, Targets: 1, Settings: reuse,
		Ops: []kerneltest.Op{
			{Kind: kerneltest.Dial},
			{Kind: kerneltest.Dial},
			{Kind: kerneltest.Abandon, Of: 0, At: ms},
			{Kind: kerneltest.Dial, At: 2200 * ms},
			{Kind: kerneltest.Look, Deep: true, At: 2300 * ms},
		},
	}
	return map[string]*kerneltest.Case{
		"who takes over a TIME_WAIT inherits its timestamps":   heir,
		"who may take over an orphan in FIN_WAIT2, if anybody": half,
	}
}
