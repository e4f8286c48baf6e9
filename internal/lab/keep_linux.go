package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/netlab/capture"
	"github.com/linger-dev/linger/internal/netns"
	"github.com/linger-dev/linger/internal/observe"
	"github.com/linger-dev/linger/internal/scenario"
	"github.com/linger-dev/linger/internal/tcp"
)

// keep completes the timeline and writes what the user wants to keep, before
// the hosts vanish.
func (s *stage) keep(ctx context.Context, f *scenario.File, out *claims.Play) error {
	if s.watcher == nil {
		return nil
	}
	s.watcher.stop()
	line, err := s.watcher.timeline()
	if err != nil {
		return err
	}
	out.Timeline = line
	if s.options.Keep == "" {
		return nil
	}
	dir := Folder(s.options.Keep, f, out.Case)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("keep: %w", err)
	}
	if err := errors.Join(s.keepPackets(dir, line), s.keepTimeline(dir, line), s.keepEvidence(ctx, dir)); err != nil {
		return fmt.Errorf("keep: %w", err)
	}
	return nil
}

// keepPackets writes a pcapng file for each link.
func (s *stage) keepPackets(dir string, line *evidence.Timeline) error {
	for _, l := range s.links {
		name := "packets-" + l.ends[0].host + "-" + l.ends[1].host + ".pcapng"
		if err := create(filepath.Join(dir, name), func(w io.Writer) error { return s.pcapng(w, l, line) }); err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) pcapng(w io.Writer, l *link, line *evidence.Timeline) error {
	if l.peer != nil {
		return l.peer.Capture().WritePcapng(w, func(at time.Time, t tcp.FourTuple) string {
			return stateAt(line, place{l.ends[0].host, t}, at.Sub(s.start))
		})
	}
	seen, err := l.tap.Seen()
	if err != nil {
		return err
	}
	return capture.WritePcapng(w, seen.Packets, func(i int) string {
		p := seen.Packets[i]
		near := p.Header.Tuple
		if !p.Outgoing {
			near = near.Reverse()
		}
		at := p.Time.Sub(s.start)
		return bothStates(l, stateAt(line, place{l.ends[0].host, near}, at), stateAt(line, place{l.ends[1].host, near.Reverse()}, at))
	})
}

// bothStates is the comment of a packet.
func bothStates(l *link, a, b string) string {
	for _, s := range []*string{&a, &b} {
		if *s == "" {
			*s = "not seen"
		}
	}
	return fmt.Sprintf("%s %s; %s %s", l.ends[0].host, a, l.ends[1].host, b)
}

func (s *stage) keepTimeline(dir string, line *evidence.Timeline) error {
	return create(filepath.Join(dir, "timeline.json"), func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(line)
	})
}

// keepEvidence writes a recording of each kernel's last moment, which every
// reading command of linger takes.
func (s *stage) keepEvidence(ctx context.Context, dir string) error {
	for name, h := range s.hosts {
		space, err := netns.Open(h.Path(), name)
		if err != nil {
			return err
		}
		o := observe.OpenNamespaces(observe.Options{Deep: true}, space)
		err = record(ctx, o, filepath.Join(dir, "evidence-"+name+".linger"))
		o.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

func record(ctx context.Context, o *observe.Observer, path string) error {
	snap, err := o.Look(ctx)
	if err != nil {
		return err
	}
	snap.Host.Source = "netlab"
	w, err := evidence.Create(path, "linger lab")
	if err != nil {
		return err
	}
	return errors.Join(w.Write(snap), w.Close())
}

// create writes a file, and says so if it could not be written to its end.
func create(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
