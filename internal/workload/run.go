package workload

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// program is an entry of the table: bind declares its flags and returns what to
// run once they are parsed.
type program struct {
	name string
	bind func(flags *flag.FlagSet) func(context.Context, process) error
}

// process is what a program has of its process.
type process struct {
	out  io.Writer
	self []string // the command line up to the flags; nil if not known
}

// programs is the table of all programs.
func programs() []program {
	return []program{
		{"calls", calls},
		{"echo-server", echoServer},
		{"hold-server", holdServer},
		{"fork-server", forkServer},
		{"file-server", fileServer},
		{"short-client", shortClient},
		{"hold-client", holdClient},
		{"file-client", fileClient},
	}
}

// Run runs the program of this name with flags such as "-addr=10.0.0.2:80"
// until it has ended or ctx ends. Events go to out, one JSON object a line.
// The calls program reads from standard input.
//
// A program that makes child processes runs the process's own command line
// again, with args replaced, so args must be the end of it.
func Run(ctx context.Context, name string, args []string, out io.Writer) error {
	var names []string
	for _, p := range programs() {
		if p.name != name {
			names = append(names, p.name)
			continue
		}
		flags := flag.NewFlagSet(name, flag.ContinueOnError)
		flags.SetOutput(io.Discard) // the caller shows the error
		run := p.bind(flags)
		if err := flags.Parse(args); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if flags.NArg() > 0 {
			return fmt.Errorf("%s: unexpected argument %q", name, flags.Arg(0))
		}
		if err := run(ctx, process{out, self(args)}); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	}
	return fmt.Errorf("no workload program %q: have %s", name, strings.Join(names, ", "))
}

// self returns the command line of this process without args, or nil if it
// does not end with them.
func self(args []string) []string {
	n := len(os.Args) - len(args)
	if n < 1 || !slices.Equal(os.Args[n:], args) {
		return nil
	}
	return slices.Clone(os.Args[:n])
}
