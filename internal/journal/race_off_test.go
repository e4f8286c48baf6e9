//go:build !race

package journal

// stride is 1: no crash test is left out.
const stride = 1
