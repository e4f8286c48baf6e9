//go:build race

package journal

// slow: the race detector makes every run of the program many times slower.
const slow = true
