package lab

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/scenario"
)

// perProcessor is how many plays go on at once for each processor. They mostly
// wait, but all build their hosts in the beginning.
const perProcessor = 24

// Options is how scenarios are played.
type Options struct {
	// Executable is linger's own binary: the programs of a scenario are its
	// hidden subcommand "workload".
	Executable string
	Kernel     evidence.Kernel // for the notes; empty: none is newer than any note
	Parallel   int             // plays at once; 0: 24 for each processor
	// Timelines asks for a Timeline in each play, which costs a look at every
	// host many times a second.
	Timelines bool
	// Keep is a folder that receives, for each play, the packets, the timeline
	// and the evidence at its end. Empty: nothing is kept.
	Keep string
	// Progress is called whenever something begins or ends. It must not block.
	Progress func(Progress)
}

// Progress is what a play is doing.
type Progress struct {
	Name, Case string
	Step       string         // what it does now; empty if it has ended
	Left       time.Duration  // how long it will still take if all goes well, about
	Verdict    claims.Verdict // of the play, once it has ended
}

// Run plays all scenarios side by side, after those that want to be alone, and
// returns a result for each, in the order of files; done, which may be nil, is called with each as it comes, one
// call at a time. If ctx ends, what was not finished is NotTestable.
func Run(ctx context.Context, files []*scenario.File, o Options, done func(claims.Result)) []claims.Result {
	if o.Parallel <= 0 {
		o.Parallel = perProcessor * runtime.GOMAXPROCS(0)
	}
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	s := &schedule{options: o, slots: make(chan struct{}, o.Parallel), heavy: make(chan struct{}, 1)}
	results := make([]claims.Result, len(files))
	var telling sync.Mutex
	one := func(i int) {
		results[i] = s.file(ctx, files[i])
		if done != nil {
			telling.Lock()
			defer telling.Unlock()
			done(results[i])
		}
	}
	for i, f := range files {
		if f.Alone {
			one(i)
		}
	}
	var running sync.WaitGroup
	for i, f := range files {
		if !f.Alone {
			running.Go(func() { one(i) })
		}
	}
	running.Wait()
	return results
}

// schedule shares the machine among the plays.
type schedule struct {
	options Options
	slots   chan struct{}
	heavy   chan struct{} // one at a time
}

// file plays all cases of a scenario.
func (s *schedule) file(ctx context.Context, f *scenario.File) claims.Result {
	began := time.Now()
	all := f.Plays()
	plays := make([]claims.Play, len(all))
	var running sync.WaitGroup
	for i := range all {
		running.Go(func() { plays[i] = s.play(ctx, f, &all[i]) })
	}
	running.Wait()
	return claims.Judge(f, s.options.Kernel, plays, time.Since(began))
}

func (s *schedule) play(ctx context.Context, f *scenario.File, p *scenario.Play) claims.Play {
	turn := s.slots
	if f.Heavy {
		turn = s.heavy
	}
	select {
	case turn <- struct{}{}:
		defer func() { <-turn }()
	case <-ctx.Done():
		return claims.Play{Case: p.Case, Verdict: claims.NotTestable, Why: "interrupted before it began"}
	}
	out := play(ctx, f, p, s.options)
	s.options.Progress(Progress{Name: f.Name, Case: p.Case, Verdict: out.Verdict})
	return out
}
