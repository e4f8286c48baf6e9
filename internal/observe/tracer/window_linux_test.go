package tracer

import (
	"sync"
	"testing"
	"time"
)

func TestKernelHundredsOfProcessesInTinyMapsAreCountedExactly(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	tr := openTracer(t, Options{Namespace: l.ns, Groups: 16, Kept: 24})
	_, end := l.serve()

	// The maps are emptied and read all the time.
	stop := make(chan struct{})
	var busy sync.WaitGroup
	emptied := 0
	busy.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if err := tr.relieve(0); err != nil {
				t.Error(err)
				return
			}
			emptied++
			if groups, _, err := tr.Aggregate(); err != nil || len(groups) > 16+24+1 {
				t.Errorf("%d groups, %v", len(groups), err)
				return
			}
		}
	})
	processes := uint64(240)
	if testing.Short() {
		processes = 96
	}
	for range processes / 12 {
		var some [][]string
		for range 12 {
			some = append(some, []string{"victim", countEnv + "=5", wayEnv + "=exit"})
		}
		l.run(some...)
	}
	end()
	close(stop)
	busy.Wait()

	truths := readTruths(t, l.truth)
	groups, c, err := tr.Aggregate()
	if err != nil {
		t.Fatal(err)
	}
	checkSums(t, groups, &c)
	slack := c.Missed + uint64(len(truths)/500)
	if known := uint64(len(truths)); known != 2*5*processes || c.Closed > known || known-c.Closed > slack {
		t.Errorf("%d ends told, the driver knows %d", c.Closed, known)
	}
	if c.Other == 0 || emptied < 3 {
		t.Errorf("nothing had to give way, emptied %d times: %+v", emptied, c)
	}
	t.Logf("%d ends in %d groups, %d in other; emptied %d times", c.Closed, len(groups), c.Other, emptied)
}

func TestKernelAWindowThatFillsIsEmptiedWithoutBeingAsked(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	tr := openTracer(t, Options{Namespace: l.ns, Groups: 4})
	_, end := l.serve()
	l.run([]string{"client", countEnv + "=80"})
	end()
	for range 100 {
		tr.mu.Lock()
		kept := len(tr.groups.kept.rows)
		tr.mu.Unlock()
		if kept > 0 {
			groups, c, err := tr.Aggregate()
			if err != nil {
				t.Fatal(err)
			}
			checkSums(t, groups, &c)
			return
		}
		time.Sleep(patience)
	}
	t.Error("nobody emptied it")
}
