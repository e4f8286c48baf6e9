package workload

import (
	"context"
	"flag"
	"net/netip"
	"os"
	"strings"
	"time"
)

// common declares the flags that all programs but calls share.
func common(f *flag.FlagSet, o *Options, how *Closing, every *time.Duration) {
	f.TextVar(o, "options", Options{}, "socket `options`, such as reuse_addr,port_range=40000-40009,linger2=5s")
	f.TextVar(how, "how", ByClose, "close, shutdown or reset: `how` connections are closed")
	f.DurationVar(every, "every", time.Second, "at least between counts events, which come as counts change; 0 for none")
}

func (o *ServerOptions) bind(f *flag.FlagSet) {
	f.StringVar(&o.Addr, "addr", "", "`address:port` to listen on")
	f.IntVar(&o.Count, "count", 0, "end after so many connections")
	common(f, &o.Options, &o.How, &o.Every)
}

func echoServer(f *flag.FlagSet) func(context.Context, process) error {
	var o EchoOptions
	o.bind(f)
	f.BoolVar(&o.CloseFirst, "close-first", false, "close after the first answer")
	f.DurationVar(&o.Think, "think", 0, "wait before each answer")
	return func(ctx context.Context, p process) error { return EchoServer(ctx, o, p.out) }
}

func holdServer(f *flag.FlagSet) func(context.Context, process) error {
	var o ServerOptions
	o.bind(f)
	return func(ctx context.Context, p process) error { return HoldServer(ctx, o, p.out) }
}

func forkServer(f *flag.FlagSet) func(context.Context, process) error {
	var o ForkOptions
	o.bind(f)
	f.BoolVar(&o.Retain, "retain", false, "keep the descriptors of connections that children serve")
	f.DurationVar(&o.Think, "think", 0, "wait before each answer")
	child := f.Bool("serve", false, "be a child: serve the connection at descriptor 3")
	return func(ctx context.Context, p process) error {
		if *child {
			return serveInherited(ctx, o, p.out)
		}
		o.Self = p.self
		return ForkServer(ctx, o, p.out)
	}
}

func fileServer(f *flag.FlagSet) func(context.Context, process) error {
	var o FileServerOptions
	o.bind(f)
	first := f.Bool("close-first", true, "close after the file; else when the client has")
	return func(ctx context.Context, p process) error {
		o.ClientCloses = !*first
		return FileServer(ctx, o, p.out)
	}
}

// bind declares the flags that both kinds of clients share.
func (o *ClientOptions) bind(f *flag.FlagSet) {
	f.StringVar(&o.Target, "target", "", "`address:port` to connect to")
	f.TextVar(&o.From, "from", netip.AddrPort{}, "`address:port` to connect from; the port may be 0")
	f.Float64Var(&o.Rate, "rate", 0, "requests per second; 0 for as fast as possible")
	f.IntVar(&o.Concurrency, "concurrency", 1, "requests at once")
	f.DurationVar(&o.Hold, "hold", 0, "keep a connection open so long after the answer")
	f.IntVar(&o.Count, "count", 0, "end after so many requests")
	f.DurationVar(&o.Timeout, "timeout", 0, "of a connect or an answer")
	f.IntVar(&o.Split, "split", 0, "compare the time in connect(2) up to this connection and after it")
	common(f, &o.Options, &o.How, &o.Every)
}

func shortClient(f *flag.FlagSet) func(context.Context, process) error {
	var o ClientOptions
	o.bind(f)
	f.BoolVar(&o.KeepAlive, "keep-alive", false, "reuse one connection for all requests of a worker")
	f.BoolVar(&o.PeerCloses, "peer-closes", false, "let the server close first")
	return func(ctx context.Context, p process) error {
		_, err := ShortClient(ctx, o, p.out)
		return err
	}
}

func fileClient(f *flag.FlagSet) func(context.Context, process) error {
	var o ClientOptions
	o.bind(f)
	f.Int64Var(&o.Bytes, "bytes", 0, "size of the file")
	f.BoolVar(&o.PeerCloses, "peer-closes", true, "let the server close first")
	return func(ctx context.Context, p process) error {
		_, err := FileClient(ctx, o, p.out)
		return err
	}
}

func holdClient(f *flag.FlagSet) func(context.Context, process) error {
	var o HoldClientOptions
	f.StringVar(&o.Target, "target", "", "`address:port` to connect to")
	f.TextVar(&o.From, "from", netip.AddrPort{}, "`address:port` to connect from; the port may be 0")
	common(f, &o.Options, &o.How, &o.Every)
	return func(ctx context.Context, p process) error { return HoldClient(ctx, o, p.out) }
}

func calls(f *flag.FlagSet) func(context.Context, process) error {
	o := CallsOptions{In: os.Stdin}
	f.Func("children", "`names` of the children that can be made, which have the descriptors from 3 on in pairs", names(&o.Children))
	f.Func("inherit", "`names` of the sockets at the descriptors from 3 on", names(&o.Inherit))
	return func(ctx context.Context, p process) error {
		o.Self = p.self
		return Calls(ctx, o, p.out)
	}
}

// names parses a list.
func names(to *[]string) func(string) error {
	return func(list string) error {
		*to = strings.Split(list, ",")
		return nil
	}
}
