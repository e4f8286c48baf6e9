package journal

import (
	"context"
	"errors"
	"os"
	"time"
)

// guardPoll is how often a guard looks whether its entry was confirmed. The
// deadline is met this exactly, also when the host was suspended meanwhile,
// which timers do not see.
const guardPoll = 500 * time.Millisecond

// guardTries is how often a guard tries to go back before it gives up: for
// half a minute.
const guardTries = 60

// Guard keeps watch over an entry until it is confirmed or undone, and takes it
// back at its deadline, or when ctx ends before, since nobody would keep the
// promise then. It holds the namespace open, so that the change can be taken
// back as long as the change is there. There is one guard per entry.
func (j *Journal) Guard(ctx context.Context, id int) error {
	e, err := j.load(id)
	if err != nil {
		return err
	}
	t, err := j.tree(e)
	if err != nil {
		return err
	}
	defer t.Close()
	// This is what Launch waits for, so it comes last.
	sign, err := watch(j.Dir, id)
	if err != nil {
		return err
	}
	if sign == nil {
		return refuse(WrongState, "linger fix --status", "change %d has a guard already", "修改 %d 已有守护进程", id)
	}
	defer sign.Close()
	defer os.Remove(watchName(j.Dir, id))
	for tries := 0; ; {
		done, err := j.guardOnce(t, id, ctx.Err() != nil)
		if done {
			return err
		}
		if err != nil {
			if tries++; tries >= guardTries {
				return err
			}
		}
		select {
		case <-ctx.Done():
			if err != nil {
				return err
			}
		case <-time.After(guardPoll):
		}
	}
}

// guardOnce looks at the entry, and acts if it is time to. now means that it is,
// whatever the clock says.
func (j *Journal) guardOnce(t Tree, id int, now bool) (done bool, err error) {
	e, err := j.load(id)
	if err != nil {
		// What cannot be read cannot be known to be unconfirmed.
		return errors.Is(err, &Error{Problem: NoEntry}), err
	}
	if !e.State.Open() {
		return true, nil
	}
	late, err := j.expired(e)
	if err != nil || !late && !now {
		return false, err
	}
	// Whoever holds the lock is applying, confirming or undoing this entry, and
	// will be done soon, or dead.
	unlock, err := lock(context.Background(), j.Dir, j.Who)
	if err != nil {
		return false, err
	}
	defer unlock()
	if e, err = j.load(id); err != nil {
		return false, err
	}
	if late, err = j.expired(e); err != nil || !late && !now {
		return false, err
	}
	switch {
	case !e.State.Open():
		return true, nil
	case e.State == Confirming:
		err = j.complete(e, t)
	default:
		e.Note = "not confirmed in time"
		err = j.reverse(e, t, Leave)
	}
	return err == nil, err
}
