//go:build !linux

// Command trace compares what tracing costs; it runs on Linux only.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "trace: Linux only")
	os.Exit(1)
}
