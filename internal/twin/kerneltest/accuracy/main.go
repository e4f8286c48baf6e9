// Command accuracy compares the twin with the kernel that it runs on, and writes
// what came of it as docs/accuracy.md. It needs root and takes some minutes.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"

	"github.com/linger-dev/linger/internal/twin/kerneltest"
)

func main() {
	var o kerneltest.Options
	flag.IntVar(&o.Cases, "cases", 240, "how many cases to draw")
	flag.Uint64Var(&o.Seed, "seed", 1, "what to draw them from")
	flag.BoolVar(&o.Short, "short", false, "no case takes longer than 80 s")
	path := flag.String("o", "", "the file to write; empty: standard output")
	flag.Parse()
	if err := run(o, *path); err != nil {
		fmt.Fprintln(os.Stderr, "accuracy:", err)
		os.Exit(1)
	}
}

func run(o kerneltest.Options, path string) error {
	m, err := kerneltest.OpenMachine()
	if err != nil {
		return err
	}
	r, err := m.Run(o, progress())
	if err != nil {
		return err
	}
	command := fmt.Sprintf("go run ./internal/twin/kerneltest/accuracy -cases %d -seed %d", o.Cases, o.Seed)
	if o.Short {
		command += " -short"
	}
	var b bytes.Buffer
	if err := r.WriteReport(&b, command+" -o docs/accuracy.md"); err != nil {
		return err
	}
	if path == "" {
		_, err = os.Stdout.Write(b.Bytes())
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

// progress tells a terminal how far it is, and others nothing.
func progress() func(done, all int) {
	if s, err := os.Stderr.Stat(); err != nil || s.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	return func(done, all int) {
		end := ""
		if done == all {
			end = "\n"
		}
		fmt.Fprintf(os.Stderr, "\r%d of %d cases%s", done, all, end)
	}
}
