package rawpeer

import (
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
)

func TestKernelConnectionsOpenEchoAndClose(t *testing.T) {
	t.Parallel()
	for _, v6 := range []bool{false, true} {
		for _, opener := range []Side{Kernel, Raw} {
			for _, closer := range []Side{Kernel, Raw} {
				for _, stamps := range []bool{false, true} {
					t.Run(fmt.Sprintf("IPv6=%v,opener=%s,closer=%s,timestamps=%v", v6, opener, closer, stamps), func(t *testing.T) {
						t.Parallel()
						openEchoClose(t, v6, opener, closer, stamps)
					})
				}
			}
		}
	}
}

func openEchoClose(t *testing.T, v6 bool, opener, closer Side, stamps bool) {
	h := host(t)
	p := attach(t, h, Options{Params: tcp.Params{Timestamps: stamps, TimeWait: time.Minute, Window: 1 << 17}})
	k, c := connect(t, h, p, opener, v6)
	echoed(t, k, c)
	if closer == Raw {
		must(t, c.CloseWrite())
		rest, err := io.ReadAll(k)
		must(t, err)
		if len(rest) > 0 {
			t.Errorf("%q came after the last byte", rest)
		}
		must(t, k.Close())
		becomes(t, c, tcp.TimeWait)
		eventually(t, h)
	} else {
		must(t, k.Close())
		if rest := bytesOf(t, bounded(t), c); len(rest) > 0 {
			t.Errorf("%q came after the last byte", rest)
		}
		must(t, c.Close())
		becomes(t, c, tcp.Close)
		eventually(t, h, tcp.TimeWait)
	}
	packets, _ := p.Capture().Since(0)
	for _, packet := range packets {
		o := packet.Segment.Options
		if o.HasTimestamps != stamps && !packet.Segment.Flags.Has(tcp.SYN) {
			t.Errorf("timestamps are %v in %s", o.HasTimestamps, packet.Segment.Flags)
		}
		if syn := packet.Segment.Flags.Has(tcp.SYN); syn != (o.MSS != 0) || syn != o.HasScale {
			t.Errorf("a segment with %s has the options %+v", packet.Segment.Flags, o)
		}
	}
	unharmed(t, h, p)
}

// The kernel's FIN is lost until the raw end has sent its own: the kernel
// then gets a FIN that does not acknowledge its FIN.
func TestKernelClosesSimultaneously(t *testing.T) {
	t.Parallel()
	h := host(t)
	p := attach(t, h, Options{Params: tcp.Params{TimeWait: time.Minute}})
	k, c := connect(t, h, p, Raw, false)
	mend, err := p.Disturb(Rule{Do: Lose, From: Kernel, Match: Match{Any: true}, Times: -1})
	must(t, err)
	must(t, k.Close())
	eventually(t, h, tcp.FinWait1)
	must(t, c.Close())
	eventually(t, h, tcp.Closing)
	if s := c.State(); s != tcp.FinWait1 {
		t.Errorf("the raw end is in %s", s)
	}
	mend()
	eventually(t, h, tcp.TimeWait)
	becomes(t, c, tcp.TimeWait)
	unharmed(t, h, p)
}

func TestKernelResetsWhatTheRawEndAborts(t *testing.T) {
	t.Parallel()
	h := host(t)
	p := attach(t, h, Options{})
	k, c := connect(t, h, p, Kernel, true)
	must(t, c.Abort())
	if _, err := io.ReadAll(k); err == nil {
		t.Error("the kernel's end saw an orderly end")
	}
	eventually(t, h)
}

// RFC 9293 section 3.10.7.4: what is not acceptable is answered by an ACK, also
// in TIME-WAIT.
func TestKernelTimeWaitAnswersAnOldDuplicate(t *testing.T) {
	t.Parallel()
	h := host(t)
	p := attach(t, h, Options{Params: tcp.Params{Timestamps: true}})
	k, c := connect(t, h, p, Raw, false)
	echoed(t, k, c)
	must(t, k.Close())
	bytesOf(t, bounded(t), c)
	must(t, c.Close())
	becomes(t, c, tcp.Close)
	eventually(t, h, tcp.TimeWait)

	must(t, p.Mute(true)) // a connection that is no more would answer with a reset
	before := p.Capture().Len()
	must(t, c.Inject(Handmade{Flags: tcp.ACK | tcp.PSH, Seq: -10, Data: []byte("old")}))
	answer := awaitKernel(t, p, before)
	m := c.Machine()
	if answer.Flags != tcp.ACK || answer.Ack != m.Snd.NXT || answer.Seq != m.Rcv.NXT {
		t.Errorf("the answer is %+v, the raw end was at %d, %d", answer, m.Snd.NXT, m.Rcv.NXT)
	}
	eventually(t, h, tcp.TimeWait)
	must(t, c.Inject(Handmade{Flags: tcp.RST}))
	eventually(t, h) // net.ipv4.tcp_rfc1337 is off
}

// awaitKernel returns the first segment of the kernel since packet n.
func awaitKernel(t *testing.T, p *Peer, n int) tcp.Segment {
	t.Helper()
	ctx := bounded(t)
	for {
		packets, more := p.Capture().Since(n)
		for _, packet := range packets {
			if packet.From == Kernel {
				return packet.Segment
			}
		}
		select {
		case <-more:
		case <-ctx.Done():
			t.Fatal("the kernel did not answer")
		}
	}
}
