// Package tui shows what lingers in a terminal that is watched: the answer in
// the first line, then states, findings, destinations and owners, each of
// which can be opened.
//
// The model is pure: looks come to it as messages, and whatever reads the
// machine, a file or the clock is a command (feed.go). A Model and all in it
// are values; Update returns another one.
package tui

import (
	"context"
	"fmt"
	"io"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/view"
)

// Options are what the view is given by the command line. Look, Judge and
// Tape.At are called by one goroutine at a time, which is not that of Run.
type Options struct {
	In      io.Reader // a terminal
	Out     io.Writer // a terminal
	Unicode bool      // the terminal shows more than ASCII
	// Every is the time from one live look to the next, and between two
	// looks of a recording that plays.
	Every time.Duration
	// Look takes a live look; it is not called where there is a Tape.
	Look func(context.Context) (*evidence.Snapshot, error)
	// Judge turns a look into a report, and names owners in it if it can.
	Judge func(context.Context, *evidence.Snapshot) (view.Report, error)
	Tape  Tape // nil for a live look
}

// Tape is a recording that can be wound.
type Tape interface {
	// Moments reads all of the recording, and may be called beside At. With an
	// error it returns those before the damage.
	Moments(context.Context) ([]Moment, error)
	// At returns look n, counted from 0.
	At(ctx context.Context, n int) (*evidence.Snapshot, error)
}

// frames is how often in a second the screen may be drawn anew: keys feel
// prompt at this, and a slow line is not flooded.
const frames = 15

// Run shows the view until it is left or ctx ends, and gives the terminal
// back as it was. An error is that of the first look or of the terminal: a
// later look that fails is told on the screen.
func Run(ctx context.Context, opt Options) error {
	ctx, cancel := context.WithCancel(ctx)
	f := &feed{ctx: ctx, opt: opt}
	defer f.end() // what commands read is closed by the caller
	defer cancel()
	program := tea.NewProgram(newModel(f),
		tea.WithInput(opt.In), tea.WithOutput(opt.Out), tea.WithoutSignalHandler(), tea.WithFPS(frames))
	// Not tea.WithContext: a program that is killed closes its input while it
	// still reads from it.
	defer context.AfterFunc(ctx, program.Quit)()
	last, err := program.Run()
	if m, ok := last.(Model); ok && m.fatal != nil {
		return m.fatal
	}
	if err != nil {
		return fmt.Errorf("terminal: %w", err)
	}
	return nil
}
