package twin

import (
	"fmt"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
)

// TimerKind is how a kernel ends mini-sockets.
type TimerKind uint8

// The timers, oldest first.
const (
	Slots        TimerKind = iota // to 4.0: one wheel of 8 slots of 7.5 s for all (inet_twdr_hangman)
	Exact                         // 4.1 to 4.7: a timer each, exact to a jiffy
	RoundedTimer                  // 4.8 on: a timer each, on a wheel that rounds up
)

// SearchKind is how connect() walks the local ports (__inet_hash_connect).
type SearchKind uint8

// The searches, oldest first. The first two walk all ports in turn; the others
// all of one parity first, and round the number of ports down to an even one.
const (
	InTurn      SearchKind = iota // to 4.1: goes on behind the last port chosen for any destination
	InTurnEven                    // 4.2 to 4.5: the same, but leaves odd distances
	ParityHint                    // 4.6 to 5.11: one hint for all destinations
	ParityTable                   // 5.12 on: RFC 6056 algorithm 4, a place for each destination
)

// NoiseKind is the randomness that connect() adds to the next starting place.
type NoiseKind uint8

// The noises.
const (
	NoNoise    NoiseKind = iota
	OneInEight           // 5.18 on, and stable kernels: 0 to 7 steps
	OneIn16              // 5.12 to 5.17: one step more in a sixteenth of all cases
)

// AgeKind is how the age of a TIME_WAIT is measured against tcp_tw_reuse.
type AgeKind uint8

// The measures.
const (
	TwoSeconds   AgeKind = iota // to 4.18: more than 1 on a counter of whole seconds
	OneSecond                   // 4.19 to 6.13: the counter of seconds has moved
	Milliseconds                // 6.14 on: more than tcp_tw_reuse_delay
)

// Kernel is the behaviour of a kernel release. It is plain data: a value may be
// changed to ask what a single difference makes.
type Kernel struct {
	Release evidence.Kernel
	Timer   TimerKind
	Search  SearchKind
	Noise   NoiseKind
	Age     AgeKind

	Resalts       bool // the place where a destination's search begins jumps every 10 s (5.18)
	BindParity    bool // bind(0) takes the parity that connect() avoids (4.6)
	OwnRange      bool // knows IP_LOCAL_PORT_RANGE (6.3)
	OwnRangePlain bool // and connect() then does not tell parities apart (6.8)
	TakesFinWait2 bool // tcp_tw_reuse takes mini-sockets in FIN_WAIT2 too (before 6.12 and long-lived series)
	Forgets       bool // a port that a bind() held and left is open to connect() at once (6.18)
	CountsEnds    bool // the counter TW counts ends, not beginnings (to 5.17)
	LastPort      uint16
}

// changes lists when the behaviour changed. Versions that kernel-facts marks as
// believed are believed here too.
var changes = [...]struct {
	major, minor int
	apply        func(*Kernel)
}{
	{4, 1, func(k *Kernel) { k.Timer = Exact }},
	{4, 2, func(k *Kernel) { k.Search, k.LastPort = InTurnEven, 60999 }},
	{4, 6, func(k *Kernel) { k.Search, k.BindParity = ParityHint, true }},
	{4, 8, func(k *Kernel) { k.Timer = RoundedTimer }},
	{4, 19, func(k *Kernel) { k.Age = OneSecond }},
	{5, 12, func(k *Kernel) { k.Search, k.Noise = ParityTable, OneIn16 }},
	{5, 18, func(k *Kernel) { k.Noise, k.Resalts, k.CountsEnds = OneInEight, true, false }},
	{6, 3, func(k *Kernel) { k.OwnRange = true }},
	{6, 8, func(k *Kernel) { k.OwnRangePlain = true }},
	{6, 12, func(k *Kernel) { k.TakesFinWait2 = false }},
	{6, 14, func(k *Kernel) { k.Age = Milliseconds }},
	{6, 18, func(k *Kernel) { k.Forgets = true }},
}

// KernelOf returns the behaviour of a release such as "6.1" or
// "6.1.0-50-amd64". It fails for what is older than 2.6.32 or no release. The
// long-lived 5.10 and 5.15 are taken with the port search that their later
// patch releases got from 5.18; these, 6.1 and 6.6 with what they got from 6.12,
// and 6.1 with IP_LOCAL_PORT_RANGE (seen on 6.1.192).
func KernelOf(release evidence.Kernel) (Kernel, error) {
	if !release.AtLeast(2, 6) {
		return Kernel{}, fmt.Errorf("kernel %q: the twin knows 2.6.32 and later", release)
	}
	k := Kernel{Release: release, TakesFinWait2: true, CountsEnds: true, LastPort: 61000}
	for _, c := range changes {
		if release.AtLeast(c.major, c.minor) {
			c.apply(&k)
		}
	}
	for _, minor := range [...]int{10, 15} {
		if release.AtLeast(5, minor) && !release.AtLeast(5, minor+1) {
			k.Search, k.Noise, k.Resalts = ParityTable, OneInEight, true
		}
	}
	for _, l := range [...]struct{ major, minor int }{{5, 10}, {5, 15}, {6, 1}, {6, 6}} {
		if release.AtLeast(l.major, l.minor) && !release.AtLeast(l.major, l.minor+1) {
			k.TakesFinWait2 = false
		}
	}
	k.OwnRange = k.OwnRange || release.AtLeast(6, 1) && !release.AtLeast(6, 2)
	return k, nil
}

// Generations are releases whose behaviours differ from each other, oldest first.
func Generations() []evidence.Kernel {
	return []evidence.Kernel{"2.6.32", "3.10", "4.1", "4.4", "4.6", "4.9", "4.19", "5.4", "5.10", "5.12", "6.1", "6.6", "6.8", "6.12", "6.14", "6.18"}
}

const (
	timeWaitLen = int64(evidence.TimeWaitLen / time.Millisecond)
	// floorLen is 3.5 RTO at the smallest RTO: no mini-socket lives shorter.
	floorLen = 700
	// linger2Max is TCP_FIN_TIMEOUT_MAX, the clamp of TCP_LINGER2.
	linger2Max = 120_000
)
