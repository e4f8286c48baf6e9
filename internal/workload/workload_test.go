package workload

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"
)

// running is a program under test.
type running struct {
	t      testing.TB
	cancel context.CancelFunc
	events <-chan Event
	err    chan error
}

// start runs a program as the command line does.
func start(t testing.TB, name string, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	events := make(chan Event, 1000)
	in, out := io.Pipe()
	r := &running{t: t, cancel: cancel, events: events, err: make(chan error, 1)}
	go func() {
		r.err <- Run(ctx, name, args, out)
		_ = out.Close()
	}()
	go func() {
		defer close(events)
		decode := json.NewDecoder(in)
		decode.DisallowUnknownFields()
		for {
			var e Event
			err := decode.Decode(&e)
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				t.Errorf("%s wrote no event: %v", name, err)
				_ = in.CloseWithError(err)
				return
			}
			events <- e
		}
	}()
	t.Cleanup(func() { r.cancel() })
	return r
}

// await returns the first event that fits.
func (r *running) await(what string, fits func(Event) bool) Event {
	r.t.Helper()
	for e := range r.events {
		if fits(e) {
			return e
		}
	}
	r.t.Fatalf("no event: %s", what)
	return Event{}
}

func (r *running) kind(k Kind) Event {
	r.t.Helper()
	return r.await(string(k), func(e Event) bool { return e.Kind == k })
}

// stop ends the program and returns its last event.
func (r *running) stop() Event {
	r.t.Helper()
	r.cancel()
	e := r.kind(Done)
	if err := <-r.err; err != nil {
		r.t.Errorf("stopped program failed: %v", err)
	}
	return e
}

// echo starts a server and returns its address.
func echo(t *testing.T, args ...string) (*running, string) {
	t.Helper()
	s := start(t, "echo-server", append([]string{"-addr=127.0.0.1:0"}, args...)...)
	return s, s.kind(Started).Local.String()
}

func short(t *testing.T, o ClientOptions) Counts {
	t.Helper()
	counts, err := ShortClient(t.Context(), o, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return counts
}

func TestShortClientOpensAConnectionForEachRequest(t *testing.T) {
	s, addr := echo(t)
	got := short(t, ClientOptions{Target: addr, Count: 20, Concurrency: 3})
	if got.Opened != 20 || got.Answered != 20 || got.Open != 0 || got.Failures != 0 {
		t.Errorf("client: %+v", got)
	}
	if e := s.stop(); e.Answered != 20 || e.Open != 0 {
		t.Errorf("server: %+v", e)
	}
}

func TestKeepAliveClientReusesOneConnectionPerWorker(t *testing.T) {
	_, addr := echo(t)
	got := short(t, ClientOptions{Target: addr, Count: 50, Concurrency: 2, KeepAlive: true})
	if got.Opened == 0 || got.Opened > 2 || got.Answered != 50 {
		t.Errorf("%+v", got)
	}
}

func TestShortClientCountsFailuresByErrnoAndGoesOn(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	c := start(t, "short-client", "-target="+l.Addr().String(), "-count=3")
	if e := c.kind(Failed); e.Errno != "ECONNREFUSED" || e.Failures != 1 {
		t.Errorf("first failure: %+v", e)
	}
	e := c.await("the end", func(e Event) bool {
		if e.Kind == Failed {
			t.Errorf("failure told twice: %+v", e)
		}
		return e.Kind == Done
	})
	if e.Failures != 3 || e.Errnos["ECONNREFUSED"] != 3 || e.Opened != 0 {
		t.Errorf("%+v", e)
	}
}

func TestServerThatClosesFirstBlocksItsOwnRestartUnlessBothReuse(t *testing.T) {
	for _, test := range []struct {
		reuse string
		want  error
	}{{"-options=", syscall.EADDRINUSE}, {"-options=reuse_addr", nil}} {
		t.Run(test.reuse, func(t *testing.T) {
			s, addr := echo(t, "-close-first", test.reuse)
			got := short(t, ClientOptions{Target: addr, Count: 1, PeerCloses: true})
			if got.Ended != 1 {
				t.Fatalf("server did not close first: %+v", got)
			}
			s.stop()
			again := start(t, "echo-server", "-addr="+addr, test.reuse)
			if test.want == nil {
				again.kind(Started)
				return
			}
			if e := again.kind(Failed); e.Errno != "EADDRINUSE" {
				t.Errorf("%+v", e)
			}
			if err := <-again.err; !errors.Is(err, test.want) {
				t.Errorf("restart: %v", err)
			}
		})
	}
}

// What waits writes nothing: with a tick of a nanosecond, each look at the clock
// would be an event.
func TestCountsAreToldWhenTheyChangeAndOnlyThen(t *testing.T) {
	server, addr := echo(t, "-every", "1ns")
	time.Sleep(20 * time.Millisecond)
	hold := start(t, "hold-client", "-target", addr)
	hold.kind(Started)
	var told []Event
	server.await("the connection", func(e Event) bool {
		told = append(told, e)
		return e.Kind == Counted && e.Open == 1
	})
	if len(told) != 1 {
		t.Errorf("a server that waited told %+v", told)
	}
	hold.stop()
	server.stop()
}

func TestEchoServerEndsAfterItsCount(t *testing.T) {
	s, addr := echo(t, "-count=2", "-think=1ms")
	if got := short(t, ClientOptions{Target: addr, Count: 2, Hold: time.Millisecond, Rate: 1000}); got.Answered != 2 {
		t.Errorf("%+v", got)
	}
	if e := s.kind(Done); e.Opened != 2 || e.Ended != 2 {
		t.Errorf("%+v", e)
	}
	if err := <-s.err; err != nil {
		t.Error(err)
	}
}

func TestHoldServerKeepsWhatItsPeersClosed(t *testing.T) {
	s := start(t, "hold-server", "-addr=127.0.0.1:0")
	addr := s.kind(Started).Local.String()
	short(t, ClientOptions{Target: addr, Count: 5})
	e := s.await("five leaked", func(e Event) bool { return e.Ended == 5 })
	if e.Open != 5 || e.Kind != Counted {
		t.Errorf("%+v", e)
	}
	if e := s.stop(); e.Open != 0 {
		t.Errorf("still open at the end: %+v", e)
	}
}

func TestHoldClientKeepsOneConnectionFromItsPort(t *testing.T) {
	_, addr := echo(t)
	free, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	local := free.Addr().String()
	_ = free.Close()
	c := start(t, "hold-client", "-target="+addr, "-from="+local)
	if e := c.kind(Started); e.Local != netip.MustParseAddrPort(local) || e.Remote.String() != addr || e.Open != 1 {
		t.Errorf("%+v", e)
	}
	// A service cannot have the port now, with or without SO_REUSEADDR.
	err = Run(t.Context(), "echo-server", []string{"-addr=" + local, "-options=reuse_addr"}, io.Discard)
	if !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("listen on the client's port: %v", err)
	}
	c.stop()
}

func TestServerOnTheIPv4WildcardIsNotDualStack(t *testing.T) {
	l, err := listen(t.Context(), "0.0.0.0:0", Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if a := l.Addr().(*net.TCPAddr); a.IP.To4() == nil {
		t.Errorf("listens on %v", a)
	}
}

func TestRunNamesWhatIsWrong(t *testing.T) {
	for _, test := range []struct{ line, want string }{
		{"", "short-client"},
		{"nonsense", "hold-server"},
		{"echo-server -nonsense", "nonsense"},
		{"echo-server extra", "extra"},
		{"short-client -target=nowhere", "target"},
		{"echo-server -addr=nowhere", "listen"},
		{"hold-client -from=x", "from"},
	} {
		name, rest, _ := strings.Cut(test.line, " ")
		var out bytes.Buffer
		err := Run(t.Context(), name, strings.Fields(rest), &out)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v", test.line, err)
		}
	}
}

func TestRunReportsAnOutputThatCannotBeWritten(t *testing.T) {
	in, out := io.Pipe()
	_ = in.Close()
	_, addr := echo(t)
	_, err := ShortClient(t.Context(), ClientOptions{Target: addr, Count: 1}, out)
	if !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
}

func TestPacerHoldsTheMeanRateButDoesNotMakeUpForAStall(t *testing.T) {
	p := &pacer{rate: 10, count: 5}
	now := time.Now()
	take := func(want time.Duration) {
		t.Helper()
		if got, ok := p.take(now); !ok || got != want {
			t.Errorf("wait %v, %v; want %v", got, ok, want)
		}
	}
	take(0)
	take(100 * time.Millisecond)
	now = now.Add(300 * time.Millisecond)
	take(-100 * time.Millisecond) // late: at once
	now = now.Add(time.Hour)
	take(0)
	take(100 * time.Millisecond)
	if _, ok := p.take(now); ok {
		t.Error("sixth turn of five")
	}
}
