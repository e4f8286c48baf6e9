package rawpeer

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
)

func TestAStreamComesThroughALinkThatLosesDoublesAndReorders(t *testing.T) {
	lossy := Options{Params: tcp.Params{Timestamps: true, Window: 1 << 20}}
	inBubble(t, lossy, lossy, func(t *testing.T, raw, other *Peer) {
		disturb(t, raw, 0.03)
		c, d := joined(t, raw, other, 80)
		sent := make([]byte, 1<<20)
		_, _ = rand.NewChaCha8([32]byte{1}).Read(sent)
		ctx := context.Background()
		go func() {
			if _, err := c.Write(ctx, sent); err == nil {
				_ = c.CloseWrite()
			}
		}()
		if got := bytesOf(t, ctx, d); !bytes.Equal(got, sent) {
			t.Errorf("%d bytes came, and not those that were sent", len(got))
		}
		must(t, d.Close())
		_, err := c.Read(ctx, make([]byte, 1))
		if !errors.Is(err, io.EOF) {
			t.Errorf("the other direction ended with %v", err)
		}
	})
}

// disturb makes a link bad in both directions.
func disturb(t *testing.T, p *Peer, chance float64) {
	t.Helper()
	for i, do := range []Disturbance{Lose, Duplicate, Reorder, Delay} {
		_, err := p.Disturb(Rule{
			Do: do, Match: Match{Any: true}, Times: -1,
			Chance: chance, Seed: uint64(i), By: time.Duration(i) * time.Millisecond,
		})
		must(t, err)
	}
}

func TestWhoClosesFirstWaitsAndItsTupleCannotBeDialled(t *testing.T) {
	wait := Options{Params: tcp.Params{TimeWait: time.Minute}}
	inBubble(t, wait, wait, func(t *testing.T, raw, other *Peer) {
		c, d := joined(t, raw, other, 80)
		must(t, c.Close())
		expectState(t, "the opener", c, tcp.FinWait2)
		expectState(t, "the listener's end", d, tcp.CloseWait)
		must(t, d.Close())
		expectState(t, "the opener", c, tcp.TimeWait)
		expectState(t, "the listener's end", d, tcp.Close)
		if how := d.Ended(); how != "closed" {
			t.Errorf("it ended: %q", how)
		}
		_, err := raw.DialStart(c.Local(), c.Remote())
		if !errors.Is(err, ErrInUse) {
			t.Errorf("dialled again in TIME-WAIT: %v", err)
		}
		settle(time.Minute)
		expectState(t, "the opener", c, tcp.Close)
		again, err := raw.Dial(context.Background(), c.Local(), c.Remote())
		must(t, err)
		expectState(t, "the next connection", again, tcp.Established)
	})
}

func TestWithoutTimeWaitATupleCanBeDialledAtOnce(t *testing.T) {
	inBubble(t, Options{}, Options{}, func(t *testing.T, raw, other *Peer) {
		c, d := joined(t, raw, other, 80)
		must(t, c.Close())
		settle(0)
		must(t, d.Close())
		expectState(t, "the opener", c, tcp.Close)
		_, err := raw.Dial(context.Background(), c.Local(), c.Remote())
		must(t, err)
	})
}

func TestANewSynEndsTimeWaitWhereSomebodyListens(t *testing.T) {
	waits := Options{Params: tcp.Params{TimeWait: time.Minute, Timestamps: true}}
	dials := Options{Params: tcp.Params{Timestamps: true}}
	inBubble(t, dials, waits, func(t *testing.T, raw, other *Peer) {
		ctx := context.Background()
		l, err := other.Listen(80)
		must(t, err)
		from, to := netip.AddrPortFrom(rawAddr, 4000), netip.AddrPortFrom(otherAddr, 80)
		c, err := raw.Dial(ctx, from, to)
		must(t, err)
		old, err := l.Accept(ctx)
		must(t, err)
		must(t, old.Close())
		settle(0)
		must(t, c.Close())
		expectState(t, "the listener's end", old, tcp.TimeWait)
		settle(10 * time.Second)

		_, err = raw.Dial(ctx, from, to)
		must(t, err)
		next, err := l.Accept(ctx)
		must(t, err)
		expectState(t, "the new connection", next, tcp.Established)
		expectState(t, "the old connection", old, tcp.Close)
		if how := old.Ended(); how != "closed" {
			t.Errorf("the old connection ended: %q", how)
		}
	})
}

// RFC 9293 section 3.6.1, MAY-2 (2): a SYN that turns out to be an old
// duplicate takes nothing away.
func TestAnOldSynLeavesTimeWaitAsItWas(t *testing.T) {
	inBubble(t, Options{}, Options{Params: tcp.Params{TimeWait: time.Minute}}, func(t *testing.T, raw, other *Peer) {
		c, old := joined(t, raw, other, 80)
		must(t, old.Close())
		settle(0)
		must(t, c.Close())
		expectState(t, "the listener's end", old, tcp.TimeWait)
		before := other.Capture().Len()
		must(t, c.Inject(Handmade{Flags: tcp.SYN, Seq: 5000}))
		settle(0)
		packets, _ := other.Capture().Since(before)
		var flags []string
		for _, p := range packets {
			flags = append(flags, p.Segment.Flags.String())
		}
		if want := []string{"SYN", "SYN+ACK", "RST"}; !slices.Equal(flags, want) {
			t.Errorf("%v passed, want %v", flags, want)
		}
		expectState(t, "the listener's end", old, tcp.TimeWait)
		settle(time.Minute)
		expectState(t, "the listener's end", old, tcp.Close)
	})
}

// RFC 9293 section 3.10.7.3 calls it a reset, Linux ECONNREFUSED.
func TestADialWhereNobodyListensIsAnsweredByAReset(t *testing.T) {
	for linux, want := range map[bool]error{false: ErrReset, true: ErrRefused} {
		o := Options{Params: tcp.Params{Linux: linux}}
		inBubble(t, o, o, func(t *testing.T, raw, _ *Peer) {
			_, err := raw.Dial(context.Background(), netip.AddrPort{}, netip.AddrPortFrom(otherAddr, 81))
			if !errors.Is(err, want) {
				t.Errorf("got %v, want %v", err, want)
			}
			if packets, _ := raw.Capture().Since(1); len(packets) != 1 || packets[0].Segment.Flags != tcp.RST|tcp.ACK {
				t.Errorf("the answer was %+v", packets)
			}
		})
	}
}

func TestAnAbortIsAResetForTheOtherEnd(t *testing.T) {
	inBubble(t, Options{}, Options{}, func(t *testing.T, raw, other *Peer) {
		c, d := joined(t, raw, other, 80)
		must(t, c.Abort())
		if _, err := d.Read(context.Background(), make([]byte, 1)); !errors.Is(err, ErrReset) {
			t.Errorf("got %v", err)
		}
		if _, err := c.Read(context.Background(), make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("the caller got %v", err)
		}
		expectState(t, "the other end", d, tcp.Close)
		if how := d.Ended(); how != "reset" {
			t.Errorf("it ended: %q", how)
		}
	})
}

func TestAMutedPeerNeitherAnswersNorForgetsToCapture(t *testing.T) {
	inBubble(t, Options{}, Options{}, func(t *testing.T, raw, other *Peer) {
		c, d := joined(t, raw, other, 80)
		must(t, raw.Mute(true))
		before := raw.Capture().Len()
		_, err := d.Write(context.Background(), []byte("anybody there?"))
		must(t, err)
		settle(10 * time.Second)
		packets, _ := raw.Capture().Since(before)
		if len(packets) < 2 {
			t.Errorf("%d packets captured, and there must be retransmissions", len(packets))
		}
		for _, p := range packets {
			if p.From == Raw {
				t.Errorf("it said %s", p.Segment.Flags)
			}
		}
		must(t, c.Inject(Handmade{Flags: tcp.ACK}))
		must(t, raw.Mute(false))
		got := make([]byte, 100)
		n, err := c.Read(context.Background(), got)
		must(t, err)
		if string(got[:n]) != "anybody there?" {
			t.Errorf("it heard %q", got[:n])
		}
	})
}

func TestAGivenUpConnectionTimesOut(t *testing.T) {
	few := Options{Params: tcp.Params{Retries: 3, SynRetries: 2}}
	inBubble(t, few, few, func(t *testing.T, raw, other *Peer) {
		c, _ := joined(t, raw, other, 80)
		must(t, other.Mute(true))
		_, err := c.Write(context.Background(), []byte("x"))
		must(t, err)
		if _, err := c.Read(context.Background(), make([]byte, 1)); !errors.Is(err, ErrTimedOut) {
			t.Errorf("got %v", err)
		}
		if how := c.Ended(); how != "timed out" {
			t.Errorf("it ended: %q", how)
		}
		_, err = raw.Dial(context.Background(), netip.AddrPort{}, netip.AddrPortFrom(otherAddr, 80))
		if !errors.Is(err, ErrTimedOut) {
			t.Errorf("dialling gave %v", err)
		}
	})
}
