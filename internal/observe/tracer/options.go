package tracer

// Options says what to trace. All sizes are bounds on memory, the kernel's but for Kept; zero
// takes the default.
type Options struct {
	// Records makes a Record for each connection that ends, for Next. Without
	// it the kernel only counts, which costs less.
	Records bool
	// Namespace is the cookie of the one network namespace to look at (see
	// NamespaceCookie); 0 looks at all.
	Namespace uint64

	Connections  int // open connections whose opener is remembered, the least recently active forgotten first; 65536 of about 155 bytes
	Groups       int // groups that may begin in a second or so, beyond which they are put together; 4096 of about 440 bytes
	Listeners    int // listening sockets whose owner is remembered; 4096
	Destinations int // the same for Connecting; 1024 of about 640 bytes
	Kept         int // groups, and destinations, that are told apart for ever, in this process; 16384 of about 300 bytes
	Failures     int // kinds of failed call; 1024
	RingBytes    int // waiting records, rounded up to a power of two of pages; 2 MiB, of 248 bytes each
}

func (o Options) withDefaults() Options {
	or := func(size *int, otherwise int) {
		if *size <= 0 {
			*size = otherwise
		}
	}
	or(&o.Connections, 65536)
	or(&o.Groups, 4096)
	or(&o.Destinations, 1024)
	or(&o.Kept, 16384)
	or(&o.Listeners, 4096)
	or(&o.Failures, 1024)
	or(&o.RingBytes, 2<<20)
	return o
}
