package main

import (
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/linger-dev/linger/internal/twin"
)

// fleet runs many hosts, and keeps them all.
func fleet(n, workers int) error {
	w := work{rate: 300, reuse: "0", groups: 1}
	kept := make([]*twin.Host, n)
	next, total := make(chan int), make(chan uint64, workers)
	start, cpu, before := time.Now(), processorTime(), heapInUse()
	var (
		group sync.WaitGroup
		once  sync.Once
		fail  error
	)
	for range workers {
		group.Go(func() {
			var opened uint64
			for i := range next {
				h, d, err := w.host(uint64(i))
				if err != nil {
					once.Do(func() { fail = err })
					continue
				}
				d.Run(100_000 * time.Second / time.Duration(w.rate))
				kept[i], opened = h, opened+d.Opened
			}
			total <- opened
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	group.Wait()
	close(total)
	var opened uint64
	for o := range total {
		opened += o
	}
	took := time.Since(start)
	fmt.Printf("%d hosts, %d connections on %d workers: %v (processor: %v), %.1f M/s; %d MB for all hosts at their end\n",
		n, opened, workers, took.Round(time.Millisecond), (processorTime() - cpu).Round(time.Millisecond),
		float64(opened)/took.Seconds()/1e6, (heapInUse()-before)>>20)
	runtime.KeepAlive(kept)
	return fail
}
