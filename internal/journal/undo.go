package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

// Foreign says what an undo does about a value, or a file, that is neither what
// Apply left nor what was there before.
type Foreign uint8

// The ways. What does not exist any more is never an obstacle.
const (
	StepBack  Foreign = iota // undo nothing at all, and say what was changed
	Leave                    // leave that one alone, and undo the rest
	Overwrite                // put back what was there before, whoever changed it
)

// Undo puts back what was there before the entry, in the kernel and, byte for
// byte, in the file. What it left alone is in the entry's Left. If it fails
// midway it has tried the rest, and may be called again.
func (j *Journal) Undo(ctx context.Context, id int, foreign Foreign) (*Entry, error) {
	e, t, end, err := j.begin(ctx, id)
	if err != nil {
		return e, err
	}
	defer end()
	if e.State.Ended() {
		return e, refuse(WrongState, "linger fix --status", "change %d is undone already", "修改 %d 早已撤销", id)
	}
	if err := j.onTop(e); err != nil {
		return e, err
	}
	return e, j.reverse(e, t, foreign)
}

// onTop refuses while a later change rests on this one.
func (j *Journal) onTop(e *Entry) error {
	entries, bad := j.Entries()
	if len(bad) > 0 {
		return bad[0]
	}
	for _, later := range slices.Backward(entries) {
		if later.ID <= e.ID {
			break
		}
		over, err := j.over(later)
		if err != nil {
			return err
		}
		if !later.State.Ended() && !over && e.overlaps(later) {
			return refuse(Later, fmt.Sprintf("linger fix --undo %d", later.ID),
				"change %d came later and touches the same: undo that first", "修改 %d 更晚，且涉及相同内容：请先撤销它", later.ID)
		}
	}
	return nil
}

// overlaps reports whether two entries change the same setting or file.
func (e *Entry) overlaps(other *Entry) bool {
	if e.fileTouched() && other.File != nil && e.File.Path == other.File.Path {
		return true
	}
	if !e.Space.is(other.Space) && (!e.Space.Host || !other.Space.Host) {
		return false
	}
	for _, c := range e.touched() {
		for _, d := range other.Changes {
			a, _ := pathOf(c.Key)
			if b, _ := pathOf(d.Key); a == b {
				return true
			}
		}
	}
	return false
}

// reverse goes back from any state. An entry that is Open says already that it
// may have to go back, so a journal that cannot be written does not keep the
// host unreachable; one that is Applied is not touched without it.
func (j *Journal) reverse(e *Entry, t Tree, foreign Foreign) error {
	if foreign == StepBack {
		if err := e.survey(t); err != nil {
			return err
		}
	}
	was := *e
	e.State, e.Left = Undoing, nil
	if err := j.record(e); err != nil && !was.State.Open() {
		*e = was
		return err
	}
	var errs []error
	if e.fileTouched() {
		left, err := e.File.undo(foreign)
		if left {
			e.Left = append(e.Left, e.File.Path)
		}
		errs = append(errs, err)
	}
	for i, c := range slices.Backward(e.touched()) {
		left, err := e.undoValue(t, i, foreign)
		if left {
			e.Left = append(e.Left, c.Key)
		}
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	e.State, e.Ended = Undone, j.Clock.Now().UTC()
	return j.record(e)
}

// survey refuses if anything was changed by somebody else.
func (e *Entry) survey(t Tree) error {
	for i, c := range e.touched() {
		at, now, err := e.value(t, i)
		if err != nil {
			return err
		}
		if at == otherSide {
			return conflict(c.Key, at, now)
		}
	}
	if !e.fileTouched() {
		return nil
	}
	at, err := e.File.now()
	if err == nil && at == otherSide {
		err = conflict(e.File.Path, at, "")
	}
	return err
}

// undoValue puts back one value and reads it back; left says that it was left
// alone.
func (e *Entry) undoValue(t Tree, i int, foreign Foreign) (left bool, err error) {
	c := e.Changes[i]
	at, now, err := e.value(t, i)
	switch {
	case err != nil:
		return false, err
	case at == oldSide && now == c.From:
		return false, nil
	case at == goneSide, at == otherSide && foreign == Leave:
		return true, nil
	case at == otherSide && foreign == StepBack:
		return false, conflict(c.Key, at, now)
	}
	if err := t.Write(c.Key, c.From); err != nil {
		return false, fmt.Errorf("put back %s: %w", c.Key, err)
	}
	now, err = t.Read(c.Key)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("read back %s: %w", c.Key, err)
	}
	if !same(c.Key, now, c.From) {
		return false, altered(c.Key, c.From, now)
	}
	return false, nil
}

// undo puts back the file, and removes what an interrupted writer left.
func (f *File) undo(foreign Foreign) (left bool, err error) {
	at, err := f.now()
	switch {
	case err != nil:
		return false, fmt.Errorf("read %s: %w", f.Path, err)
	case at == otherSide && foreign == Leave:
		return true, removeIfThere(pendingName(f.Path))
	case at == otherSide && foreign == StepBack:
		return false, conflict(f.Path, at, "")
	case at == oldSide:
		err = f.tidy()
	default:
		err = f.restore()
	}
	if err != nil {
		return false, fmt.Errorf("put back %s: %w", f.Path, err)
	}
	return false, nil
}
