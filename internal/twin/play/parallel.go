package play

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// parallel does n things on all processors, each with its number, and tells when
// each is done. It ends early if ctx does or one fails.
func parallel(ctx context.Context, n int, do func(ctx context.Context, i int) error, done func(all int)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next, ready atomic.Int64
	var working sync.WaitGroup
	var telling sync.Mutex
	for range min(n, runtime.GOMAXPROCS(0)) {
		working.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := do(ctx, i); err != nil {
					cancel(err)
					return
				}
				all := int(ready.Add(1))
				telling.Lock()
				done(all)
				telling.Unlock()
			}
		})
	}
	working.Wait()
	return context.Cause(ctx)
}
