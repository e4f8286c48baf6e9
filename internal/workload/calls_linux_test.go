package workload

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
)

func TestKernelCallsCarryDataAndTheEndOfIt(t *testing.T) {
	t.Parallel()
	c, s := joined(t, Options{}, Options{})
	must(t, c.Driver, Write, "c", Request{Data: []byte("hello, kernel")})
	if a := must(t, s.Driver, Read, "s", Request{Bytes: 5}); string(a.Data) != "hello" || a.Count != 5 || a.EOF {
		t.Errorf("%+v", a)
	}
	if a := must(t, s.Driver, Read, "s", Request{}); string(a.Data) != ", kernel" {
		t.Errorf("%+v", a)
	}
	if a := fails(t, Timeout, s.Driver, Read, "s", Request{Within: time.Millisecond}); a.Count != 0 {
		t.Errorf("%+v", a)
	}
	must(t, c.Driver, Write, "c", Request{Data: []byte("end")})
	must(t, c.Driver, Shutdown, "c", Request{})
	if a := must(t, s.Driver, Read, "s", Request{EOF: true}); string(a.Data) != "end" || !a.EOF {
		t.Errorf("%+v", a)
	}
	becomes(t, c.Driver, "c", tcp.FinWait2)
	if a := must(t, s.Driver, Write, "s", Request{Bytes: 200_000}); a.Count != 200_000 {
		t.Errorf("%+v", a)
	}
	must(t, s.Driver, Close, "s", Request{})
	a := must(t, c.Driver, Read, "c", Request{EOF: true})
	if a.Count != 200_000 || len(a.Data) != readLimit || string(a.Data) != string(newPattern()[:readLimit]) {
		t.Errorf("%d bytes, %d returned", a.Count, len(a.Data))
	}
	must(t, c.Driver, Close, "c", Request{})
}

// The kernel gives a lone SYN without answer to nobody: the socket stays.
func TestKernelConnectThatTakesTooLongKeepsItsSocket(t *testing.T) {
	t.Parallel()
	from, _ := pair(t)
	c := hire(t, from)
	nobody := at("10.1.0.77:80")
	if a := fails(t, Timeout, c.Driver, Connect, "c", Request{To: nobody, Await: true, Within: 10 * time.Millisecond}); a.Local.Port() == 0 {
		t.Errorf("no port: %+v", a)
	}
	a := must(t, c.Driver, Info, "c", Request{})
	if tcp.State(a.State) != tcp.SynSent || a.Peer != "ENOTCONN" {
		t.Errorf("%+v", a)
	}
	must(t, c.Driver, Connect, "d", Request{To: nobody})
	if a := must(t, c.Driver, Info, "d", Request{}); tcp.State(a.State) != tcp.SynSent {
		t.Errorf("%+v", a)
	}
}

func TestKernelFailedConnectLeavesNoSocket(t *testing.T) {
	t.Parallel()
	from, _ := pair(t)
	c := hire(t, from)
	for range 2 { // the name is free again
		fails(t, "ECONNREFUSED", c.Driver, Connect, "c", Request{To: service, Await: true})
	}
	if _, err := c.Do(t.Context(), Request{Call: Info, Socket: "c"}); err == nil || !strings.Contains(err.Error(), "no socket") {
		t.Errorf("%v", err)
	}
	must(t, c.Driver, Bind, "b", Request{At: at("10.1.0.1:4000")})
	if a := must(t, c.Driver, Info, "b", Request{}); a.Local != at("10.1.0.1:4000") || tcp.State(a.State) != tcp.Close {
		t.Errorf("%+v", a)
	}
	fails(t, "ECONNREFUSED", c.Driver, Connect, "b", Request{To: service, Await: true})
	must(t, c.Driver, Close, "b", Request{})
}

func TestKernelAbortResetsTheOtherSide(t *testing.T) {
	t.Parallel()
	c, s := joined(t, Options{}, Options{})
	must(t, c.Driver, Abort, "c", Request{})
	fails(t, "ECONNRESET", s.Driver, Read, "s", Request{EOF: true})
	if a := becomes(t, s.Driver, "s", tcp.Close); a.Pending != "" || a.Peer != "ENOTCONN" {
		t.Errorf("read took the error away already: %+v", a)
	}
	fails(t, "EPIPE", s.Driver, Write, "s", Request{Data: []byte("x")})
}

// Requests for one socket wait while others are answered.
func TestKernelRequestsAreAnsweredSideBySide(t *testing.T) {
	t.Parallel()
	c, s := joined(t, Options{}, Options{})
	waiting := make(chan Answer)
	go func() {
		a, _ := s.Do(t.Context(), Request{Call: Read, Socket: "s", Within: time.Minute})
		waiting <- a
	}()
	must(t, s.Driver, Info, "l", Request{})
	must(t, c.Driver, Write, "c", Request{Data: []byte("late")})
	if a := <-waiting; string(a.Data) != "late" {
		t.Errorf("%+v", a)
	}
	go func() {
		a, _ := s.Do(t.Context(), Request{Call: Read, Socket: "s", Within: time.Minute})
		waiting <- a
	}()
	// A close is a close: the read does not keep the connection open.
	must(t, s.Driver, Close, "s", Request{})
	must(t, c.Driver, Read, "c", Request{EOF: true})
	if a := <-waiting; a.Errno != Closed && a.Problem == "" {
		t.Errorf("%+v", a)
	}
}

func TestKernelDriverTellsThatItsProgramIsGone(t *testing.T) {
	t.Parallel()
	from, _ := pair(t)
	c := hire(t, from)
	c.Kill()
	<-c.Ended()
	if _, err := c.Do(t.Context(), Request{Call: Info, Socket: "c"}); err == nil {
		t.Error("an answer from the dead")
	}
	d := hire(t, from)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Do(ctx, Request{Call: Info, Socket: "none"}); err == nil {
		t.Error("an answer after the end of the context")
	}
	must(t, d.Driver, Bind, "b", Request{At: at("10.1.0.1:0")}) // the late answer is not for this
}

func TestKernelCallsSpeakIPv6(t *testing.T) {
	t.Parallel()
	host, _ := pair(t)
	p := hire(t, host)
	home := at("[::1]:80")
	must(t, p.Driver, Listen, "l", Request{At: home})
	if a := must(t, p.Driver, Connect, "c", Request{To: home, From: at("[::1]:4000"), Await: true}); a.Local != at("[::1]:4000") {
		t.Errorf("%+v", a)
	}
	if a := must(t, p.Driver, Accept, "s", Request{Of: "l"}); a.Remote != at("[::1]:4000") {
		t.Errorf("%+v", a)
	}
}
