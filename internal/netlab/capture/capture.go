package capture

// DefaultMost is how many packets a capture keeps if Options says nothing: some
// megabytes.
const DefaultMost = 20_000

// Options say what is captured.
type Options struct {
	Interfaces []string // names; they must exist. None: all, also those to come
	Most       int      // how many packets are kept; 0: DefaultMost
}

// Result is what a capture saw: the first packets, in the order in which the
// kernel showed them, and how much is missing.
type Result struct {
	Packets []Packet
	More    int // came when there were already Options.Most
	// Broken counts what says it is TCP but has headers that make no sense.
	Broken int
	// Missed counts what the kernel could not hand over because its buffer was
	// full (tp_drops of PACKET_STATISTICS).
	Missed int
}
