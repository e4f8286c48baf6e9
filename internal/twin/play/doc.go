// Package play plays on the twin what a file describes: a scenario of the
// laboratory, with the same expectations, or traffic that runs over a host or a
// fleet of hosts.
//
// A scenario needs more than the twin knows: programs, data, both ends of a
// connection. These are here. What the kernel does with ports and closing
// connections is asked of package twin alone. What neither knows (segments made
// by hand, the state of a process, the time of a processor, memory) makes a
// scenario not testable, with the reason.
//
// Time is simulated: the same file, kernel and seed give the same result on
// every machine. Simplified, beside what package twin says: every segment takes
// the same time from host to host, none is lost, buffers are large, and a
// program takes no time for what it does itself.
package play
