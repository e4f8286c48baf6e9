package lacking

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// otherHZ: all of Debian's kernels count in ticks of 4 ms, and their TIME_WAIT
// sockets last up to 2 s longer than their minute. Another kernel has another
// tick and another tail, and linger says both right.
func otherHZ(t *testing.T) {
	hz := ticks(t)
	if hz == 250 {
		t.Fatal("the kernel counts 250 ticks a second, as all others")
	}
	a := ask(t, "states", "--json")
	var states struct {
		Host struct {
			HZ   int           `json:"hz"`
			Tail time.Duration `json:"time_wait_tail_ns"`
		}
	}
	a.reads(t, &states)
	if states.Host.HZ != hz {
		t.Errorf("linger says that HZ is %d, but it is %d", states.Host.HZ, hz)
	}
	// A timer of 60 s is at the level whose slots are 8^n ticks wide
	// (kernel/time/timer.c): 512 at HZ=100, 4096 at HZ=1000.
	want := map[int]time.Duration{100: 5120 * time.Millisecond, 1000: 4096 * time.Millisecond}[hz]
	if states.Host.Tail != want {
		t.Errorf("linger says that TIME_WAIT may last %v more, not %v", states.Host.Tail, want)
	}
	life := longestLife(t)
	// Watching is not exact, and a socket is not made at the instant that is noted.
	const slack = 500 * time.Millisecond
	if life < time.Minute+want/2 || life > time.Minute+states.Host.Tail+slack {
		t.Errorf("the longest of many TIME_WAIT sockets lasted %v; linger says at most %v", life, time.Minute+states.Host.Tail)
	}
	t.Logf("HZ %d: the longest TIME_WAIT lasted %v", hz, life)
}

// ticks measures how many timer interrupts the kernel counts in a second.
func ticks(t *testing.T) int {
	t.Helper()
	before, began := jiffies(t), time.Now()
	time.Sleep(2 * time.Second)
	rate := float64(jiffies(t)-before) / time.Since(began).Seconds()
	for _, hz := range []int{100, 250, 300, 1000} {
		if rate > 0.9*float64(hz) && rate < 1.1*float64(hz) {
			return hz
		}
	}
	t.Fatalf("the kernel counts %.0f ticks a second", rate)
	return 0
}

func jiffies(t *testing.T) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/timer_list")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if value, is := strings.CutPrefix(strings.TrimSpace(line), "jiffies: "); is {
			n, err := strconv.ParseInt(value, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatal("the kernel does not tell its jiffies")
	return 0
}

// longestLife makes TIME_WAIT sockets for longer than a slot of the timer wheel
// lasts, and watches the kernel's count of them until all are gone: they go slot
// by slot, and the first of each slot lasts longest.
func longestLife(t *testing.T) (longest time.Duration) {
	t.Helper()
	const step, many = 100 * time.Millisecond, 80
	c := child{}.start(t)
	var made []time.Time
	for range many {
		c.does("close", 7050, 1)
		made = append(made, time.Now())
		time.Sleep(step)
	}
	tailed := false
	for begin := time.Now(); len(made) > 0; {
		if time.Since(begin) > 2*time.Minute {
			t.Fatalf("%d sockets stay in TIME_WAIT", len(made))
		}
		time.Sleep(step)
		if gone := len(made) - timeWaits(t); gone > 0 {
			longest = max(longest, time.Since(made[0]))
			made = made[gone:]
		}
		if !tailed && len(made) > 0 && time.Since(made[0]) > time.Minute+time.Second {
			tailed = true
			ask(t, "states").says(t, "of them past their 60 s, until the timer wheel turns")
		}
	}
	if !tailed {
		t.Error("no socket was past its minute")
	}
	return longest
}

// timeWaits returns the kernel's count.
func timeWaits(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/net/sockstat")
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(text))
	for i, f := range fields {
		if f == "tw" && i+1 < len(fields) {
			n, err := strconv.Atoi(fields[i+1])
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatal("the kernel does not count TIME_WAIT sockets")
	return 0
}
