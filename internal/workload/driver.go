package workload

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Driver talks to a calls program, or to a child of one, over its input and
// output. It is safe for concurrent use.
type Driver struct {
	started chan struct{} // closed when the program has told so
	ended   chan struct{} // closed when its output has ended

	writing sync.Mutex // guards in, so that lines stay whole
	in      *json.Encoder

	mu      sync.Mutex // guards the rest; never held while anything is waited for
	last    uint64     // ID given
	waiting map[uint64]chan Answer
	event   Event // Started
	err     error // why the output ended; set before ended is closed
}

// NewDriver writes requests to in and reads out until it ends, in a goroutine
// of its own. The caller closes both; a program whose input is closed ends.
func NewDriver(in io.Writer, out io.Reader) *Driver {
	d := &Driver{
		started: make(chan struct{}),
		ended:   make(chan struct{}),
		in:      json.NewEncoder(in),
		waiting: map[uint64]chan Answer{},
	}
	go d.listen(out)
	return d
}

// listen delivers the answers.
func (d *Driver) listen(out io.Reader) {
	var err error
	for decode := json.NewDecoder(out); err == nil; {
		var l line
		if err = decode.Decode(&l); err == nil {
			d.take(l)
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	d.err = fmt.Errorf("the program's output ended: %w", err)
	close(d.ended)
}

func (d *Driver) take(l line) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if l.Answer != nil {
		if to := d.waiting[l.Answer.ID]; to != nil {
			to <- *l.Answer
			delete(d.waiting, l.Answer.ID)
		}
		return
	}
	if l.Event != nil && l.Event.Kind == Started && d.event.Kind == "" {
		d.event = *l.Event
		close(d.started)
	}
}

// Started waits until the program is ready and returns its first event.
func (d *Driver) Started(ctx context.Context) (Event, error) {
	select {
	case <-d.started:
		return d.event, nil
	case <-d.ended:
		return Event{}, d.err
	case <-ctx.Done():
		return Event{}, ctx.Err()
	}
}

// Ended returns a channel that is closed when the program's output has ended.
func (d *Driver) Ended() <-chan struct{} { return d.ended }

// Do sends a request and waits for its answer. An errno is in the answer. An
// error means that the request makes no sense (Answer.Problem, which is a
// mistake of the caller's), that ctx is over, or that the program has ended. A
// program that is stopped answers when it goes on; if ctx was over by then,
// the call is made all the same.
func (d *Driver) Do(ctx context.Context, r Request) (Answer, error) {
	to := make(chan Answer, 1)
	id, err := d.send(r, to)
	if err != nil {
		return Answer{}, err
	}
	select {
	case a := <-to:
		return a, a.misuse(r)
	case <-d.ended:
	case <-ctx.Done():
		d.forget(id)
		return Answer{}, fmt.Errorf("%s %s: %w", r.Call, r.Socket, ctx.Err())
	}
	select {
	case a := <-to: // was the last one
		return a, a.misuse(r)
	default:
		return Answer{}, fmt.Errorf("%s %s: %w", r.Call, r.Socket, d.err)
	}
}

func (a Answer) misuse(r Request) error {
	if a.Problem == "" {
		return nil
	}
	return fmt.Errorf("%s %s: %s", r.Call, r.Socket, a.Problem)
}

// send writes a request.
func (d *Driver) send(r Request, to chan Answer) (uint64, error) {
	d.mu.Lock()
	d.last++
	r.ID = d.last
	d.waiting[r.ID] = to
	d.mu.Unlock()
	d.writing.Lock()
	err := d.in.Encode(r)
	d.writing.Unlock()
	if err != nil {
		d.forget(r.ID)
		return 0, fmt.Errorf("send request: %w", err)
	}
	return r.ID, nil
}

func (d *Driver) forget(id uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.waiting, id)
}
