package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/linger-dev/linger/internal/lab"
	"github.com/linger-dev/linger/internal/scenario"
)

const (
	boardRows  = 10                     // plays shown at once
	boardEvery = 200 * time.Millisecond // drawn anew
)

// board shows on standard error what the laboratory is doing, if that is a
// terminal. Nothing of it stays.
type board struct {
	p      *program
	cases  int
	stop   chan struct{}
	drawn  sync.WaitGroup
	height int

	mu    sync.Mutex // guards plays and ended
	plays map[string]playing
	ended int
}

// playing is one play under way.
type playing struct {
	lab.Progress
	until time.Time
}

func newBoard(p *program, files []*scenario.File) *board {
	b := &board{p: p, stop: make(chan struct{}), plays: map[string]playing{}}
	for _, f := range files {
		b.cases += len(f.Plays())
	}
	if p.errTTY {
		b.drawn.Go(b.run)
	}
	return b
}

// take is told of progress.
func (b *board) take(now lab.Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := now.Name + "\x00" + now.Case
	if now.Verdict != "" {
		delete(b.plays, key)
		b.ended++
		return
	}
	b.plays[key] = playing{now, time.Now().Add(now.Left)}
}

func (b *board) run() {
	tick := time.NewTicker(boardEvery)
	defer tick.Stop()
	for {
		select {
		case <-b.stop:
			b.draw(nil)
			return
		case <-tick.C:
			b.draw(b.lines())
		}
	}
}

// lines are the plays that take longest, under a summary.
func (b *board) lines() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	under := make([]playing, 0, len(b.plays))
	for _, p := range b.plays {
		under = append(under, p)
	}
	slices.SortFunc(under, func(x, y playing) int {
		return cmp.Or(y.until.Compare(x.until), strings.Compare(x.Name+x.Case, y.Name+y.Case))
	})
	head := fmt.Sprintf("%d of %d plays ended, %d under way", b.ended, b.cases, len(under))
	lines := []string{head}
	for i, p := range under {
		if i == boardRows {
			lines = append(lines, fmt.Sprintf("  and %d more", len(under)-i))
			break
		}
		left := max(0, time.Until(p.until)).Round(time.Second)
		lines = append(lines, fmt.Sprintf("  %5s left  %s", left, strings.Join(strings.Fields(p.Name+" "+p.Case+" "+p.Step), " ")))
	}
	return lines
}

// draw replaces what was drawn before.
func (b *board) draw(lines []string) {
	var out strings.Builder
	if b.height > 0 {
		fmt.Fprintf(&out, "\x1b[%dA\x1b[J", b.height)
	}
	width := b.p.errWidth()
	for _, line := range lines {
		if runes := []rune(line); len(runes) >= width {
			line = string(runes[:width-1])
		}
		out.WriteString(line + "\n")
	}
	b.height = len(lines)
	fmt.Fprint(b.p.err, out.String())
}

// close takes the board away.
func (b *board) close() {
	close(b.stop)
	b.drawn.Wait()
}
