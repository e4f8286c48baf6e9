package lint

import "github.com/linger-dev/linger/internal/evidence"

// release is a release of Linux. The zero release is before all others.
type release struct{ major, minor int }

func (r release) in(k evidence.Kernel) bool { return r == release{} || k.AtLeast(r.major, r.minor) }

// hostWide marks a key that no release keeps per network namespace.
func hostWide() release { return release{99, 0} }

// kind is how the kernel reads a value.
type kind uint8

const (
	number   kind = iota // one integer
	triple               // up to three integers
	ports                // two ports
	portList             // a list of ports and ranges of ports
	readOnly             // nothing can be written
)

// entry is what is known of a key.
type entry struct {
	key     string
	since   release // the first release that has it
	removed release // the first that has it no more; zero: it is still there
	netns   release // the first that keeps it per network namespace
	kind    kind
	limit   func(evidence.Kernel) limit  // of a number; nil: any int
	fresh   func(evidence.Kernel) string // the kernel's default; nil: depends on the machine

	believed Message                       // what people set it for
	does     func(evidence.Kernel) Message // what it does
	judge    func(*question) opinion
	refs     []string
	claims   []string
}

// exists reports whether a kernel of the release has the key.
func (e *entry) exists(k evidence.Kernel) bool {
	return e.since.in(k) && (e.removed == release{} || !e.removed.in(k))
}

// question is one setting to be judged, with what it depends on.
type question struct {
	Assignment
	kernel  evidence.Kernel
	entry   *entry
	numbers []int64                  // of Value; nil if there are none, or Open
	with    func(key string) []int64 // the numbers of another key that will hold beside this one; nil: not known
	text    func(key string) string  // its value as text
	live    *Live                    // nil: not about this host
}

// opinion is a verdict with its reasons.
type opinion struct {
	verdict Verdict
	reason  Message
	notes   []Message
	instead Message // what to do
}

func (o opinion) note(m ...Message) opinion {
	o.notes = append(o.notes, m...)
	return o
}

func (o opinion) do(m Message) opinion {
	o.instead = m
	return o
}

func is(v Verdict, reason Message) opinion { return opinion{verdict: v, reason: reason} }

// always is a text that is the same for all releases.
func always(m Message) func(evidence.Kernel) Message {
	return func(evidence.Kernel) Message { return m }
}

// fixed is a default that is the same in all releases.
func fixed(value string) func(evidence.Kernel) string {
	return func(evidence.Kernel) string { return value }
}

// within is a limit that holds from a release on; before, the kernel took any
// integer.
func within(from release, l limit) func(evidence.Kernel) limit {
	return func(k evidence.Kernel) limit {
		if from.in(k) {
			return l
		}
		return anyInt()
	}
}

// inByte is the limit of settings that Linux 5.13 made a byte. Later updates of 5.10
// did so too (seen on Debian's 5.10.262), and a release does not tell them apart.
func inByte() func(evidence.Kernel) limit { return within(release{5, 10}, byteSize()) }

// Live is what a running kernel says beside the files.
type Live struct {
	// Values holds settings as the kernel prints them, by dotted key.
	Values map[string]string
	// Absent holds keys that were looked for and are not there.
	Absent map[string]bool
	// TimeWait is the number of sockets in TIME_WAIT, or -1.
	TimeWait int64
	// Listening holds the ports of listening sockets, ascending.
	Listening []uint16
	// Unlisted is true where the kernel cannot list sockets, so that Listening
	// is empty for that.
	Unlisted bool
	// First is true for the first network namespace: only there a missing key
	// means that the kernel lacks it.
	First bool
	// Has reports whether the kernel has a key; nil: not known.
	Has func(key string) bool
}

// catalogue is everything that is judged, in the order in which equal verdicts
// are told.
func catalogue() []entry {
	var all []entry
	for _, part := range [][]entry{
		reuseEntries(), portEntries(), quotaEntries(), timeEntries(), queueEntries(), handshakeEntries(), otherEntries(), conntrackEntries(), goneEntries(),
	} {
		all = append(all, part...)
	}
	return all
}

// table is the catalogue, by key.
type table struct {
	keys    []string
	entries map[string]*entry
}

func newTable() *table {
	t := &table{entries: make(map[string]*entry)}
	all := catalogue()
	for i := range all {
		t.keys = append(t.keys, all[i].key)
		t.entries[all[i].key] = &all[i]
	}
	return t
}

// find returns the entry of a key, or nil.
func (t *table) find(key string) *entry { return t.entries[key] }

// Keys returns the keys that are judged. What a source can tell of others is
// not needed.
func Keys() []string { return newTable().keys }

// Claims returns the names of the claims that the table refers to.
func Claims() []string {
	var names []string
	for _, e := range catalogue() {
		names = append(names, e.claims...)
	}
	return names
}
