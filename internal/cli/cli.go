// Package cli is linger's command line, one file per subcommand.
//
// The rules of output:
//
//   - Standard output carries the answer and nothing else; its first line is
//     the answer itself. Progress goes to standard error, and only if that is
//     a terminal.
//   - An error is one sentence, lower case, without a full stop, and where
//     there is one, a hint: a command that can be pasted.
//   - What could not be seen is said with what the reader loses by it.
//   - Colour only on a terminal, never if NO_COLOR is set, and never alone:
//     words carry the meaning.
//   - Whatever comes from outside (process names, host names, addresses) is
//     escaped by the views before it is printed.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// The exit codes, in the convention of monitoring plug-ins.
const (
	exitOK = iota
	exitWarning
	exitCritical
	exitFailed // could not look, or was called wrongly
)

// commands is the whole command line: a table of contents.
type commands struct {
	VersionFlag kong.VersionFlag `name:"version" help:"Print the version."`

	Check      checkCmd      `cmd:"" default:"withargs" help:"One look at this host: findings, budgets, what to do. The default."`
	States     statesCmd     `cmd:"" help:"Sockets per state, and per destination, source, service or owner."`
	Trace      traceCmd      `cmd:"" help:"A line for each connection that closes: who opened and closed it, how, and whether it left a TIME_WAIT."`
	Record     recordCmd     `cmd:"" help:"Record what is seen until Ctrl-C, with who closes connections, for --from."`
	Top        topCmd        `cmd:"" help:"The live view in a terminal: states, findings, destinations, owners; also over a recording."`
	Why        whyCmd        `cmd:"" help:"Why a port cannot be bound, or connects to a destination fail: who holds what, and what helps."`
	Fix        fixCmd        `cmd:"" help:"What to do about the findings, best first; --apply writes the kernel's part so that it can be undone."`
	Lint       lintCmd       `cmd:"" help:"Judge sysctl files, scripts, container files and live values: what helps, what does nothing, what harms."`
	Demo       demoCmd       `cmd:"" help:"Make a private network with a real problem in it, and diagnose it before your eyes."`
	Explain    explainCmd    `cmd:"" help:"Explain a topic, such as time-wait or ports, in English or Chinese; alone it lists them."`
	Lab        labCmd        `cmd:"" help:"Play claims about TCP's last minute on this kernel, in private networks."`
	Sim        simCmd        `cmd:"" help:"Play scenarios, traffic and fleets on a simulated kernel of any release: where the wall is, and when."`
	Completion completionCmd `cmd:"" help:"Print a completion script for bash, zsh or fish."`
	Man        manCmd        `cmd:"" help:"Print the manual page in roff."`
	Version    versionCmd    `cmd:"" help:"Print the version."`
	Workload   workloadCmd   `cmd:"" hidden:"" passthrough:"" help:"Run one of the programs that demonstrations are made of."`
}

const description = `linger tells what is wrong with a host's lingering TCP sockets: TIME_WAIT, CLOSE_WAIT and their kin.

It only reads, unless you say linger fix --apply; a demonstration plays in a private network. Without root it sees all sockets of its network namespace, but not which processes of other users hold them.

Exit status: 0 healthy, 1 warning, 2 critical, 3 could not look.`

// program is what every subcommand runs with.
type program struct {
	ctx            context.Context
	in             io.Reader
	out, err       io.Writer
	outTTY, errTTY bool
}

// exitCode ends the program with a status that is no failure.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// Main runs linger with these arguments and returns its exit status.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends linger at once
	p := &program{ctx: ctx, in: stdin, out: stdout, err: stderr, outTTY: isTerminal(stdout), errTTY: isTerminal(stderr)}

	exited := -1
	parser, err := newParser(p, func(code int) { exited = code })
	if err != nil {
		return p.fail(err)
	}
	call, err := parser.Parse(args)
	if exited >= 0 {
		return exited
	}
	if err != nil {
		return p.fail(&usageError{err, args})
	}
	return p.fail(call.Run(p))
}

func newParser(p *program, exit func(int)) (*kong.Kong, error) {
	return kong.New(new(commands),
		kong.Name("linger"), kong.Description(description),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Writers(p.out, p.err), kong.Exit(exit), kong.Vars{"version": versionLine()},
	)
}

// fail prints an error and returns the exit status for it.
func (p *program) fail(err error) int {
	var code exitCode
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &code):
		return int(code)
	case p.ctx.Err() != nil && errors.Is(err, context.Canceled):
		return 128 + int(syscall.SIGINT)
	}
	for line := range strings.Lines(err.Error()) { // a scenario file can have several errors
		fmt.Fprintf(p.err, "linger: error: %s\n", strings.TrimSuffix(line, "\n"))
	}
	if text := hint(err); text != "" {
		fmt.Fprintf(p.err, "linger: hint: %s\n", text)
	}
	return exitFailed
}

// onlyLinux refuses to look at a kernel that is not Linux.
func onlyLinux() error {
	if runtime.GOOS != "linux" {
		return fmt.Errorf("linger looks at Linux's own sockets and cannot run on %s; recordings can be read with --from", runtime.GOOS)
	}
	return nil
}
