package tcp_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/linger-dev/linger/internal/tcp"
)

// drawParams draws an implementation.
func drawParams(t *rapid.T, who string) tcp.Params {
	return tcp.Params{
		TimeWait:   rapid.SampledFrom([]time.Duration{0, time.Minute}).Draw(t, who+" TIME-WAIT"),
		Timestamps: rapid.Bool().Draw(t, who+" timestamps"),
		Linux:      rapid.Bool().Draw(t, who+" Linux"),
		RFC1337:    rapid.Bool().Draw(t, who+" rfc1337"),
		NoDelay:    rapid.Bool().Draw(t, who+" nodelay"),
		MSS:        rapid.SampledFrom([]uint16{0, 536, 100}).Draw(t, who+" MSS"),
		Window:     rapid.SampledFrom([]uint32{0, 3000, 1 << 20, 150}).Draw(t, who+" window"),
		Retries:    60, // more than the network can lose
		SynRetries: 60,
		MaxRTO:     5 * time.Second,
		TSOffset:   rapid.SampledFrom([]uint32{0, 1<<32 - 3000}).Draw(t, who+" offset"),
	}
}

// unfair is a network that loses, duplicates, delays and reorders, but gives
// up after a while: its losses are bounded, so every exchange must end.
func unfair(t *rapid.T) func(int, tcp.Segment) fate {
	budget := rapid.IntRange(0, 40).Draw(t, "mischief")
	return func(int, tcp.Segment) fate {
		const usual = 10 * time.Millisecond
		if budget == 0 {
			return fate{usual}
		}
		switch kind := rapid.IntRange(0, 9).Draw(t, "fate"); kind {
		case 0, 1:
			budget--
			return nil
		case 2:
			budget--
			return fate{usual, time.Duration(rapid.IntRange(0, 3000).Draw(t, "copy")) * time.Millisecond}
		case 3:
			budget--
			return fate{time.Duration(rapid.IntRange(0, 3000).Draw(t, "late")) * time.Millisecond}
		}
		return fate{usual}
	}
}

func drawHost(t *rapid.T, who string) *host {
	n := rapid.SampledFrom([]int{0, 1, 700, 5000, 30000}).Draw(t, who+" says")
	return &host{
		params: drawParams(t, who),
		say:    speech(who[0], n),
		lazy:   rapid.Bool().Draw(t, who+" lazy"),
	}
}

func TestTwoMachinesDeliverAllBytesAndEndWhateverTheNetworkDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		client, server := drawHost(t, "client"), drawHost(t, "server")
		server.polite = rapid.Bool().Draw(t, "polite server")
		wants := [2][]byte{server.say, client.say}
		w := &world{hosts: [2]*host{client, server}, fate: unfair(t)}
		iss := tcp.Seq(rapid.SampledFrom([]uint32{1, 1<<31 - 100, 1<<32 - 100}).Draw(t, "iss"))
		if rapid.IntRange(0, 4).Draw(t, "both open") == 0 {
			w.step(1, tcp.Event{Kind: tcp.OpenActive, ISS: iss + 77777})
		} else {
			w.step(1, tcp.Event{Kind: tcp.OpenPassive, ISS: iss + 77777})
		}
		w.step(0, tcp.Event{Kind: tcp.OpenActive, ISS: iss})
		if err := w.run(func() bool { return client.life > 0 && server.life > 0 }); err != nil {
			t.Fatalf("%v\n%s", err, strings.Join(w.log, "\n"))
		}
		for i, h := range w.hosts {
			if !bytes.Equal(h.heard, wants[i]) {
				t.Errorf("host %d heard %d bytes, want %d, equal up to %d", i, len(h.heard), len(wants[i]), common(h.heard, wants[i]))
			}
			if h.had(tcp.WasReset) || h.had(tcp.TimedOut) || h.had(tcp.Refused) {
				t.Errorf("host %d was told %v", i, h.gone)
			}
		}
		if t.Failed() {
			t.Log(strings.Join(w.log, "\n"))
		}
	})
}

// TestUsersThatVanishLoseBytesButGetNoWrongOnes has users that do not wait for
// the peer to end, and may abort: bytes are lost then, but never wrong, and
// both ends still come to CLOSED.
func TestUsersThatVanishLoseBytesButGetNoWrongOnes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		client, server := drawHost(t, "client"), drawHost(t, "server")
		says := [2][]byte{client.say, server.say}
		w := &world{hosts: [2]*host{client, server}, fate: unfair(t)}
		for _, h := range w.hosts {
			h.vanish = true
			h.params.FinTimeout = time.Minute
			h.abortAt = rapid.SampledFrom([]int{0, 0, 1, 1000}).Draw(t, "abort after bytes")
		}
		w.step(1, tcp.Event{Kind: tcp.OpenPassive, ISS: 77777})
		w.step(0, tcp.Event{Kind: tcp.OpenActive, ISS: 1})
		ended := func() bool {
			return client.life > 0 && (server.life > 0 || server.conn.State == tcp.Listen)
		}
		if err := w.run(ended); err != nil {
			t.Fatalf("%v\n%s", err, strings.Join(w.log, "\n"))
		}
		for i, h := range w.hosts {
			if !bytes.HasPrefix(says[1-i], h.heard) {
				t.Errorf("host %d heard wrong bytes from %d on", i, common(h.heard, says[1-i]))
			}
		}
	})
}

func common(a, b []byte) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
