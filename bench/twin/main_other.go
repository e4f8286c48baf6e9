//go:build !linux

// Command twin measures the simulated kernel; it runs on Linux only.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "twin: Linux only")
	os.Exit(1)
}
