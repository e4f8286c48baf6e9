package lab

import (
	"fmt"
	"time"

	"github.com/linger-dev/linger/internal/netlab/rawpeer"
	"github.com/linger-dev/linger/internal/scenario"
	"github.com/linger-dev/linger/internal/tcp"
)

// params are those of a raw host. A retransmission that comes only because the
// machine is slow would disturb an experiment, so they wait a second, as RFC
// 6298 section 2.4 wants; Linux waits 200 ms.
func params(r *scenario.Raw) tcp.Params {
	return tcp.Params{
		TimeWait: r.TimeWait, Timestamps: r.Timestamps, RFC1337: r.RFC1337, Linux: r.Linux,
		MSS: r.MSS, Window: r.Window, FinTimeout: r.FinTimeout, MinRTO: time.Second,
	}
}

func iss(r *scenario.Raw) *tcp.Seq {
	if r.ISS == nil {
		return nil
	}
	seq := tcp.Seq(*r.ISS)
	return &seq
}

// disturb changes the fate of segments between a raw host and its kernel. Of
// the two one is raw: the link is found by the sender.
func (s *stage) disturb(d scenario.Disturb) error {
	for _, peer := range s.peers {
		side := rawpeer.Raw
		switch d.From {
		case peer.name:
		case peer.kernel:
			side = rawpeer.Kernel
		default:
			continue
		}
		_, err := peer.peer.Disturb(rawpeer.Rule{
			Do: rawpeer.Disturbance(d.Do), From: side, Match: rawpeer.Match(d.Match),
			Skip: d.Skip, Times: d.Times, By: d.By,
		})
		return err
	}
	return fmt.Errorf("host %s has no link to a raw host", d.From)
}

func (s *stage) inject(i scenario.Inject) error {
	raw, ok := s.programs[i.Socket.Program].caller.(*rawCaller)
	if !ok {
		return fmt.Errorf("%s is not on a raw host", i.Socket.Program)
	}
	conn := raw.conn(i.Socket.Name)
	if conn == nil {
		return fmt.Errorf("there is no %s", i.Socket)
	}
	return conn.Inject(rawpeer.Handmade{
		Flags: i.Flags, Seq: i.Seq, Ack: i.Ack, Data: []byte(i.Data),
		Stamp: i.Timestamp, NoStamp: i.NoStamp, Times: i.Times, Every: i.Every,
	})
}
