package workload

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"strings"
)

// program is an entry of the table: bind declares its flags and returns what to
// run once they are parsed.
type program struct {
	name string
	bind func(flags *flag.FlagSet) func(ctx context.Context, out io.Writer) error
}

// programs is the table of all programs.
func programs() []program {
	return []program{
		{"echo-server", echoServer},
		{"hold-server", holdServer},
		{"short-client", shortClient},
		{"hold-client", holdClient},
	}
}

// Run runs the program of this name with flags such as "-addr=10.0.0.2:80"
// until it has ended or ctx ends. Events go to out, one JSON object a line.
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
		if err := run(ctx, out); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	}
	return fmt.Errorf("no workload program %q: have %s", name, strings.Join(names, ", "))
}

func echoServer(f *flag.FlagSet) func(context.Context, io.Writer) error {
	var o EchoOptions
	f.StringVar(&o.Addr, "addr", "", "`address:port` to listen on")
	f.BoolVar(&o.ReuseAddr, "reuse-addr", false, "set SO_REUSEADDR")
	f.BoolVar(&o.CloseFirst, "close-first", false, "close after the first answer")
	f.DurationVar(&o.Think, "think", 0, "wait before each answer")
	f.IntVar(&o.Count, "count", 0, "end after so many connections")
	return func(ctx context.Context, out io.Writer) error { return EchoServer(ctx, o, out) }
}

func holdServer(f *flag.FlagSet) func(context.Context, io.Writer) error {
	var o HoldServerOptions
	f.StringVar(&o.Addr, "addr", "", "`address:port` to listen on")
	f.BoolVar(&o.ReuseAddr, "reuse-addr", false, "set SO_REUSEADDR")
	return func(ctx context.Context, out io.Writer) error { return HoldServer(ctx, o, out) }
}

func shortClient(f *flag.FlagSet) func(context.Context, io.Writer) error {
	var o ClientOptions
	f.StringVar(&o.Target, "target", "", "`address:port` to connect to")
	f.Float64Var(&o.Rate, "rate", 0, "requests per second; 0 for as fast as possible")
	f.IntVar(&o.Concurrency, "concurrency", 1, "requests at once")
	f.DurationVar(&o.Hold, "hold", 0, "keep a connection open so long after the answer")
	f.BoolVar(&o.KeepAlive, "keep-alive", false, "reuse one connection for all requests of a worker")
	f.BoolVar(&o.PeerCloses, "peer-closes", false, "let the server close first")
	f.IntVar(&o.Count, "count", 0, "end after so many requests")
	f.DurationVar(&o.Timeout, "timeout", 0, "of a connect or an answer")
	return func(ctx context.Context, out io.Writer) error {
		_, err := ShortClient(ctx, o, out)
		return err
	}
}

func holdClient(f *flag.FlagSet) func(context.Context, io.Writer) error {
	var o HoldClientOptions
	f.StringVar(&o.Target, "target", "", "`address:port` to connect to")
	f.TextVar(&o.Local, "local", netip.AddrPort{}, "`address:port` to connect from")
	f.BoolVar(&o.ReuseAddr, "reuse-addr", false, "set SO_REUSEADDR on the local port")
	return func(ctx context.Context, out io.Writer) error { return HoldClient(ctx, o, out) }
}
