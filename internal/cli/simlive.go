package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/linger-dev/linger/internal/twin/play"
	"github.com/linger-dev/linger/internal/twin/play/outcome"
	"github.com/linger-dev/linger/internal/view/chart"
	"github.com/linger-dev/linger/internal/view/escape"
)

// simBoard shows on standard error what the twin is doing, if that is a terminal:
// how far it is, or live the chart. Nothing of it stays.
type simBoard struct {
	s       *simulation
	speed   float64
	began   time.Time
	last    time.Duration // simulated time of the last call
	drawn   time.Time
	height  int
	step    string
	enabled bool
}

func newSimBoard(s *simulation) *simBoard {
	b := &simBoard{s: s, began: time.Now(), enabled: s.program.errTTY}
	b.speed, _ = s.speed()
	if b.speed > 0 {
		s.options.Pace = b.pace
	}
	if b.enabled {
		s.options.Progress = b.progress
	}
	return b
}

// pace waits until the real time for a simulated one has come.
func (b *simBoard) pace(now time.Duration) {
	if now < b.last { // another case begins
		b.began = time.Now()
	}
	b.last = now
	wait := time.Until(b.began.Add(time.Duration(float64(now) / b.speed)))
	if b.step != "" {
		b.draw([]string{fmt.Sprintf("%8.2f s  %s", now.Seconds(), b.step)}, false)
	}
	if wait <= 0 {
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-b.s.program.ctx.Done():
	}
}

// progress is told what is being played.
func (b *simBoard) progress(now play.Progress) {
	if now.All > 0 {
		b.draw([]string{fmt.Sprintf("%d of %d played", now.Done, now.All)}, now.Done == now.All)
		return
	}
	b.step = now.What
}

// chart draws what has come of a run so far.
func (b *simBoard) chart(run *outcome.Run) {
	if b.speed == 0 || !b.enabled || time.Since(b.drawn) < boardEvery {
		return
	}
	o := b.s.simTextOptions(b.s.program)
	head := fmt.Sprintf("%s  %.0f s of %.0f s, %gx  (Ctrl-C ends with the summary)", run.Name, b.last.Seconds(), run.Duration.Seconds(), b.speed)
	drawing := chart.Text(chart.OfRun(run, o.Lang), chart.Options{Width: b.s.program.errWidth(), Rows: 5, Unicode: o.Unicode})
	b.draw(append([]string{head}, strings.Split(strings.TrimSuffix(drawing, "\n"), "\n")...), true)
}

// draw replaces what was drawn before; seldom, unless now.
func (b *simBoard) draw(lines []string, now bool) {
	if !b.enabled || !now && time.Since(b.drawn) < boardEvery {
		return
	}
	var out strings.Builder
	b.erase(&out)
	width := b.s.program.errWidth()
	for _, line := range lines {
		for escape.Cells(line) >= width && line != "" {
			letters := []rune(line)
			line = string(letters[:len(letters)-1])
		}
		out.WriteString(line + "\n")
	}
	b.height, b.drawn = len(lines), time.Now()
	fmt.Fprint(b.s.program.err, out.String())
}

func (b *simBoard) erase(out *strings.Builder) {
	if b.height > 0 {
		fmt.Fprintf(out, "\x1b[%dA\x1b[J", b.height)
	}
}

// close takes the board away.
func (b *simBoard) close() {
	var out strings.Builder
	b.erase(&out)
	fmt.Fprint(b.s.program.err, out.String())
}
