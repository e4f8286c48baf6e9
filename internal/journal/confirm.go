package journal

import (
	"context"
	"errors"
	"fmt"
)

// Confirm keeps a pending change, and makes it outlive a reboot unless it is
// for this boot only. Everything must still be as Apply left it. If Confirm
// fails, the change is still pending, and is taken back at its deadline.
func (j *Journal) Confirm(ctx context.Context, id int) (*Entry, error) {
	e, t, end, err := j.begin(ctx, id)
	if err != nil {
		return e, err
	}
	defer end()
	if err := j.confirmable(e, t); err != nil {
		return e, err
	}
	return e, j.confirm(e)
}

// confirm writes that the change is confirmed, then does what follows from it.
func (j *Journal) confirm(e *Entry) error {
	if e.File == nil {
		e.State = Applied
		return j.record(e)
	}
	e.State, e.Step = Confirming, len(e.Changes)+1
	err := j.record(e)
	if err == nil {
		err = j.settle(e)
	}
	if err == nil {
		return nil
	}
	return errors.Join(err, j.unconfirm(e))
}

// complete goes on with an entry that was confirmed before its confirmer died.
// A reboot since then has taken the values away, so they are looked at too.
func (j *Journal) complete(e *Entry, t Tree) error {
	for i := range e.Changes {
		if err := j.set(e, t, i); err != nil {
			return err
		}
	}
	return j.settle(e)
}

// unconfirm makes an entry pending again. If it fails, the entry stays
// Confirming, and the guard tries again.
func (j *Journal) unconfirm(e *Entry) error {
	if _, err := e.File.undo(StepBack); err != nil {
		return err
	}
	e.State, e.Step = Pending, len(e.Changes)
	return j.record(e)
}

// confirmable refuses what cannot be confirmed, or should not be, as the user
// has seen something else than what would be kept.
func (j *Journal) confirmable(e *Entry, t Tree) error {
	late, err := j.expired(e)
	switch {
	case err != nil:
		return err
	case e.State == Confirming:
		return refuse(WrongState, fmt.Sprintf("linger fix --finish %d", e.ID),
			"change %d is confirmed, but was interrupted before its file was written", "修改 %d 已确认，但在写文件之前被中断", e.ID)
	case e.State != Pending:
		return refuse(WrongState, "linger fix --status", "change %d waits for no confirmation", "修改 %d 不需要确认", e.ID)
	case late:
		return refuse(Late, "linger fix --status", "the time to confirm change %d has passed: it is taken back", "修改 %d 的确认时限已过：将被撤回", e.ID)
	}
	for i, c := range e.Changes {
		at, now, err := e.value(t, i)
		if err != nil {
			return err
		}
		if !e.holds(i, at, now) {
			return conflict(c.Key, at, now)
		}
	}
	if e.File == nil {
		return nil
	}
	at, err := e.File.now()
	if err != nil {
		return fmt.Errorf("read %s: %w", e.File.Path, err)
	}
	if at != oldSide {
		return conflict(e.File.Path, otherSide, "")
	}
	return j.wins(e)
}
