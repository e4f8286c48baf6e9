package journal

import (
	"context"
	"errors"
	"fmt"
)

// Finish completes an entry whose maker died: one that was being applied or
// confirmed goes forward, one that was being undone goes back. If it cannot go
// forward it goes back, as Apply does.
func (j *Journal) Finish(ctx context.Context, id int) (*Entry, error) {
	e, t, end, err := j.begin(ctx, id)
	if err != nil {
		return e, err
	}
	defer end()
	late, err := j.expired(e)
	if err != nil {
		return e, err
	}
	switch {
	case e.State == Undoing:
		return e, j.reverse(e, t, StepBack)
	case e.State == Confirming:
		return e, j.complete(e, t)
	case e.State != Applying:
		return e, refuse(WrongState, "linger fix --status", "change %d was not interrupted", "修改 %d 没有被中断", id)
	case late:
		return e, refuse(Late, fmt.Sprintf("linger fix --undo %d", id),
			"the time to confirm change %d has passed: it can only be undone", "修改 %d 的确认时限已过：只能撤销", id)
	}
	return e, j.launchAndAdvance(ctx, e, t)
}

// Recover brings in order what needs nobody's decision: it takes back what was
// not confirmed in time and has no guard any more, completes what was confirmed,
// and abandons what a reboot, or the end of its namespace, has taken away or
// what had not begun. It returns the entries that it changed. An unfinished
// change without a deadline stays as it is: Finish or Undo.
func (j *Journal) Recover(ctx context.Context) ([]*Entry, error) {
	unlock, err := lock(ctx, j.Dir, j.Who)
	if err != nil {
		return nil, err
	}
	defer unlock()
	entries, bad := j.Entries()
	errs := bad
	var moved []*Entry
	for _, e := range entries {
		before := e.State
		if !before.Ended() {
			if err := j.order(e); err != nil {
				errs = append(errs, fmt.Errorf("change %d: %w", e.ID, err))
			}
		}
		if e.State != before {
			moved = append(moved, e)
		}
	}
	return moved, errors.Join(errs...)
}

// order does what Recover says for one entry, under the lock.
func (j *Journal) order(e *Entry) error {
	if e.State == Applying && e.Step == 0 {
		return j.abandon(e, "interrupted before it began")
	}
	t, err := j.tree(e)
	if errors.Is(err, &Error{Problem: Gone}) {
		return j.abandon(e, "gone with the boot or the network namespace that it was made in")
	}
	if err != nil {
		return err
	}
	defer t.Close()
	late, err := j.expired(e)
	switch {
	case err != nil || e.State == Applied || !late:
		return err
	case e.State == Confirming:
		return j.complete(e, t)
	}
	if e.Note == "" {
		e.Note = "not confirmed in time"
	}
	return j.reverse(e, t, Leave)
}
