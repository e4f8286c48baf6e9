package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
)

// advance carries an entry on to Pending or Applied, from wherever it stands.
// Each step is in the journal before it is taken.
func (j *Journal) advance(ctx context.Context, e *Entry, t Tree) error {
	for i := range e.Changes {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("apply: %w", err)
		}
		if e.Step < i+1 {
			e.Step = i + 1
			if err := j.record(e); err != nil {
				return err
			}
		}
		if err := j.set(e, t, i); err != nil {
			return err
		}
	}
	// Settings can move one another, so all are looked at once more.
	for i, c := range e.Changes {
		now, err := t.Read(c.Key)
		if err != nil {
			return fmt.Errorf("read back %s: %w", c.Key, err)
		}
		if !same(c.Key, now, c.To) {
			e.keep(i, now)
			return altered(c.Key, c.To, now)
		}
	}
	if e.Within > 0 {
		return j.await(e)
	}
	return j.settle(e)
}

// set writes one value and reads it back.
func (j *Journal) set(e *Entry, t Tree, i int) error {
	c := e.Changes[i]
	at, now, err := e.value(t, i)
	switch {
	case err != nil:
		return err
	case at == newSide:
		return nil
	case at == goneSide, at == otherSide:
		return conflict(c.Key, at, now)
	}
	if err := t.Write(c.Key, c.To); err != nil {
		return refuse(Invalid, "", "the kernel refuses %q for %s: %v", "内核拒绝把 %[2]s 设为 %[1]q：%[3]v", excerpt(c.To), c.Key, err)
	}
	now, err = t.Read(c.Key)
	if err != nil {
		return fmt.Errorf("read back %s: %w", c.Key, err)
	}
	if !same(c.Key, now, c.To) {
		e.keep(i, now)
		return altered(c.Key, c.To, now)
	}
	return nil
}

// value looks which side a setting is on.
func (e *Entry) value(t Tree, i int) (side, string, error) {
	c := e.Changes[i]
	now, err := t.Read(c.Key)
	kept, altered := e.Kept[i]
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return goneSide, "", nil
	case err != nil:
		return otherSide, "", fmt.Errorf("read %s: %w", c.Key, err)
	case same(c.Key, now, c.From):
		return oldSide, now, nil
	case same(c.Key, now, c.To), altered && same(c.Key, now, kept):
		return newSide, now, nil
	case halfway(c.Key, c.To, now), halfway(c.Key, c.From, now):
		return halfSide, now, nil
	}
	return otherSide, now, nil
}

// holds reports whether what value returned is as Apply left it, which may be
// as it was before, too: then only the file is new.
func (e *Entry) holds(i int, at side, now string) bool {
	c := e.Changes[i]
	return at == newSide || at == oldSide && same(c.Key, c.From, c.To)
}

// keep remembers what the kernel made of our value, so that going back does
// not take it for somebody else's.
func (e *Entry) keep(i int, value string) {
	if e.Kept == nil {
		e.Kept = make(map[int]string)
	}
	e.Kept[i] = value
}

func altered(key, wrote, now string) error {
	return refuse(Altered, "", "the kernel did not keep %s: %q was written, %q is there", "内核没有保留 %s 的值：写入 %q，读回 %q",
		key, excerpt(wrote), excerpt(now))
}

// await leaves the entry to be confirmed. The time begins now.
func (j *Journal) await(e *Entry) error {
	_, since, err := j.Clock.Boot()
	if err != nil {
		return err
	}
	e.State, e.Deadline = Pending, since+e.Within
	return j.record(e)
}

// settle writes the file, if there is one, and ends the applying.
func (j *Journal) settle(e *Entry) error {
	if e.File != nil {
		if e.Step <= len(e.Changes) {
			e.Step = len(e.Changes) + 1
			if err := j.record(e); err != nil {
				return err
			}
		}
		if err := j.setFile(e); err != nil {
			return err
		}
	}
	e.State = Applied
	return j.record(e)
}

// setFile puts the drop-in in its place, and looks whether it decides at boot.
func (j *Journal) setFile(e *Entry) error {
	at, err := e.File.now()
	switch {
	case err != nil:
		return fmt.Errorf("read %s: %w", e.File.Path, err)
	case at == otherSide:
		return conflict(e.File.Path, at, "")
	case at == oldSide:
		if err := e.File.advance(); err != nil {
			return fmt.Errorf("write %s: %w", e.File.Path, err)
		}
		if at, err := e.File.now(); err != nil || at != newSide {
			return refuse(BadFile, "", "%s does not hold what was written: %v", "%s 的内容与写入的不符：%v", e.File.Path, err)
		}
	}
	return j.wins(e)
}
