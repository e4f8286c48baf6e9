// Package why turns what is known of a port into an answer: whether a program
// can bind it and listen there, or connect to a destination; who is in the
// way; what would help, shortest first. All functions are pure: the same
// evidence gives the same answer, from a live kernel or a recording.
//
// Every cure is tried on the rules before it is told (portspace.Bind with the
// change made), so none is told that would not help.
package why
