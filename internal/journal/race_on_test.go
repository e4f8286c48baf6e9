//go:build race

package journal

// stride thins out the crash tests where the race detector makes every run of
// the program many times slower.
const stride = 7
