package rawpeer

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
)

func TestCallsEndWithTheirContextAndWithThePeer(t *testing.T) {
	inBubble(t, Options{}, Options{}, func(t *testing.T, raw, other *Peer) {
		c, _ := joined(t, raw, other, 80)
		l, err := raw.Listen(80)
		must(t, err)
		if _, err := raw.Listen(80); !errors.Is(err, ErrInUse) {
			t.Errorf("listening twice gave %v", err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if _, err := c.Read(ctx, make([]byte, 1)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Read gave %v", err)
		}
		if _, err := l.Accept(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Accept gave %v", err)
		}
		read := make(chan error)
		go func() {
			_, err := c.Read(context.Background(), make([]byte, 1))
			read <- err
		}()
		settle(0)
		state := c.Machine()
		must(t, raw.Close())
		if err := <-read; !errors.Is(err, net.ErrClosed) {
			t.Errorf("Read gave %v", err)
		}
		if c.Machine().Snd != state.Snd || c.State() != tcp.Established {
			t.Error("the connection cannot be looked at any more")
		}
		if err := c.Inject(Handmade{}); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Inject gave %v", err)
		}
	})
}

func TestADialThatIsGivenUpLeavesNothing(t *testing.T) {
	inBubble(t, Options{}, Options{}, func(t *testing.T, raw, other *Peer) {
		must(t, other.Mute(true))
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_, err := raw.Dial(ctx, netip.AddrPort{}, netip.AddrPortFrom(otherAddr, 80))
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if n := len(raw.Population()); n != 0 {
			t.Errorf("%v", raw.Population())
		}
	})
}

func TestDialNeedsAnAddressOfItsOwn(t *testing.T) {
	inBubble(t, Options{}, Options{}, func(t *testing.T, raw, other *Peer) {
		for local, remote := range map[string]string{"10.9.0.77:0": "10.9.0.1:80", "[::]:0": "[fd09::1]:80", "10.9.0.2:0": "[fd09::1]:80"} {
			_, err := raw.DialStart(netip.MustParseAddrPort(local), netip.MustParseAddrPort(remote))
			if !errors.Is(err, ErrNoAddress) {
				t.Errorf("%s to %s: %v", local, remote, err)
			}
		}
		for _, local := range []string{"0.0.0.0:0", "10.9.0.2:0", "[::ffff:10.9.0.2]:0"} {
			c, err := raw.DialStart(netip.MustParseAddrPort(local), netip.MustParseAddrPort("[::ffff:10.9.0.1]:80"))
			must(t, err)
			if c.Local().Addr() != rawAddr || c.Remote().Addr() != otherAddr || c.Local().Port() < firstPort {
				t.Errorf("%s became %s", local, c.Tuple())
			}
		}
	})
}

// The receive buffer fills, the window closes, and Write has to wait.
func TestWriteWaitsForAReader(t *testing.T) {
	inBubble(t, Options{}, Options{}, func(t *testing.T, raw, other *Peer) {
		c, d := joined(t, raw, other, 80)
		sent := bytes.Repeat([]byte("all work and no play "), 1<<15)
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
		defer cancel()
		n, err := c.Write(ctx, sent)
		if !errors.Is(err, context.DeadlineExceeded) || n == 0 || n >= len(sent) {
			t.Fatalf("wrote %d of %d: %v", n, len(sent), err)
		}
		go func() {
			if _, err := c.Write(context.Background(), sent[n:]); err == nil {
				_ = c.Close()
			}
		}()
		if got := bytesOf(t, context.Background(), d); !bytes.Equal(got, sent) {
			t.Errorf("%d bytes came, and not those that were sent", len(got))
		}
		if _, err := d.Write(context.Background(), []byte("x")); err != nil {
			t.Errorf("the other direction: %v", err)
		}
	})
}

func TestAListenerThatClosesAbortsWhatNobodyAccepted(t *testing.T) {
	inBubble(t, Options{}, Options{}, func(t *testing.T, raw, other *Peer) {
		ctx := context.Background()
		l, err := other.Listen(80)
		must(t, err)
		c, err := raw.Dial(ctx, netip.AddrPort{}, netip.AddrPortFrom(otherAddr, 80))
		must(t, err)
		// The last ACK of this one's handshake comes after the end of the listener.
		_, err = raw.Disturb(Rule{Do: Delay, From: Raw, Match: Match{Flags: tcp.ACK}, By: time.Millisecond})
		must(t, err)
		late, err := raw.Dial(ctx, netip.AddrPort{}, netip.AddrPortFrom(otherAddr, 80))
		must(t, err)
		settle(0)
		must(t, l.Close())
		must(t, l.Close())
		for _, conn := range []*Conn{c, late} {
			if _, err := conn.Read(ctx, make([]byte, 1)); !errors.Is(err, ErrReset) {
				t.Errorf("Read gave %v", err)
			}
		}
		if _, err := l.Accept(ctx); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Accept gave %v", err)
		}
		if n := len(other.Population()); n != 0 {
			t.Errorf("%v are left", other.Population())
		}
	})
}

func TestNothingCanBeWrittenAfterCloseWrite(t *testing.T) {
	inBubble(t, Options{}, Options{}, func(t *testing.T, raw, other *Peer) {
		c, d := joined(t, raw, other, 80)
		must(t, c.CloseWrite())
		_, err := c.Write(context.Background(), []byte("x"))
		if !errors.Is(err, net.ErrClosed) || !errors.Is(c.CloseWrite(), net.ErrClosed) {
			t.Errorf("got %v", err)
		}
		_, err = d.Write(context.Background(), []byte("y"))
		must(t, err)
		got := make([]byte, 9)
		if n, err := c.Read(context.Background(), got); err != nil || string(got[:n]) != "y" {
			t.Errorf("Read gave %q, %v", got[:n], err)
		}
	})
}
