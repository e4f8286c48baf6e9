package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"
)

// Apply carries out a plan in a namespace, which the caller keeps open
// meanwhile. When it fails, it takes back what it did, and the error says if it
// could not; the entry is returned as far as there is one. With ConfirmWithin
// the entry is Pending afterwards, else Applied. If ctx ends, Apply goes back.
func (j *Journal) Apply(ctx context.Context, p Plan, t Tree) (*Entry, error) {
	if err := p.check(t.Space()); err != nil {
		return nil, err
	}
	unlock, err := lock(ctx, j.Dir, j.Who)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := j.free(t.Space()); err != nil {
		return nil, err
	}
	e, err := j.prepare(p, t)
	if err != nil {
		return nil, err
	}
	if err := j.record(e); err != nil {
		return e, errors.Join(err, j.abandon(e, "the journal could not be written"))
	}
	return e, j.launchAndAdvance(ctx, e, t)
}

func (j *Journal) launchAndAdvance(ctx context.Context, e *Entry, t Tree) error {
	if e.Within > 0 && !watched(j.Dir, e.ID) {
		if err := j.Launch(ctx, e.ID); err != nil {
			no := refuse(NoGuard, "linger fix --apply",
				"the change is not made, as no guard could be started that takes it back in time: %v",
				"未做修改，因为无法启动按时撤回它的守护进程：%v", err)
			if e.Step > 0 {
				return errors.Join(no, j.goBack(e, t, no))
			}
			return errors.Join(no, j.abandon(e, "no guard could be started"))
		}
	}
	if err := j.advance(ctx, e, t); err != nil {
		return errors.Join(err, j.goBack(e, t, err))
	}
	return nil
}

// goBack takes back an entry that failed with cause.
func (j *Journal) goBack(e *Entry, t Tree, cause error) error {
	e.Note = cause.Error()
	if err := j.reverse(e, t, Leave); err != nil {
		return refuse(Open, fmt.Sprintf("linger fix --undo %d", e.ID),
			"change %d could not be taken back entirely: %v", "修改 %d 未能完全撤回：%v", e.ID, err)
	}
	return nil
}

// free refuses while another change waits in the namespace, or an entry that
// cannot be read may be such a change.
func (j *Journal) free(s Space) error {
	entries, bad := j.Entries()
	if len(bad) > 0 {
		return bad[0]
	}
	for _, e := range entries {
		over, err := j.over(e)
		if err != nil {
			return err
		}
		same := e.Space.is(s) || e.Space.Host && s.Host
		if !e.State.Open() || over || !same {
			continue
		}
		if e.State == Pending {
			return refuse(Open, "linger fix --confirm", "change %d is not confirmed yet", "修改 %d 尚未确认", e.ID)
		}
		return refuse(Open, fmt.Sprintf("linger fix --undo %d", e.ID),
			"change %d was interrupted: finish it or undo it first", "修改 %d 曾被中断：请先完成或撤销它", e.ID)
	}
	return nil
}

// prepare looks at everything that the plan assumes, and changes nothing.
func (j *Journal) prepare(p Plan, t Tree) (*Entry, error) {
	id, err := j.nextID()
	if err != nil {
		return nil, err
	}
	boot, since, err := j.Clock.Boot()
	if err != nil {
		return nil, err
	}
	e := &Entry{
		ID: id, State: Applying, Space: t.Space(), Boot: boot, Within: p.ConfirmWithin,
		Made: p.Made.UTC(), Began: j.Clock.Now().UTC(),
	}
	if e.Within > 0 {
		e.Deadline = since + e.Within
	}
	for _, c := range p.Changes {
		now, err := t.Read(c.Key)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, refuse(Stale, "linger fix", "this kernel, or this namespace, has no %s", "此内核或此命名空间没有 %s", c.Key)
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", c.Key, err)
		}
		if !same(c.Key, now, c.From) {
			return nil, refuse(Stale, "linger fix",
				"%s is %q by now, but was %q when the plan was made", "%s 现为 %q，而制定方案时是 %q",
				c.Key, excerpt(now), excerpt(c.From))
		}
		c.From, c.Namespace = now, e.Space.Name
		e.Changes = append(e.Changes, c)
	}
	if p.RuntimeOnly {
		return e, nil
	}
	if e.File, err = look(p.dropIn()); err != nil {
		return nil, refuse(BadFile, "linger fix --apply --runtime-only",
			"%s cannot be replaced and put back safely: %v", "无法安全地替换并还原 %s：%v", p.dropIn(), err)
	}
	e.File.After = compose(e.File.Before, e.ID, e.Changes, e.Began.Format(time.DateOnly))
	return e, j.wins(e)
}

// wins refuses if another file decides at boot.
func (j *Journal) wins(e *Entry) error {
	for _, c := range e.Changes {
		file, line, value := j.Winner(c.Key)
		if file != "" && file != e.File.Path && after(file, e.File.Path) && !same(c.Key, value, c.To) {
			return refuse(Overridden, "linger fix --apply --runtime-only",
				"%[1]s line %[2]d sets %[3]s to %[4]q at boot, after %[5]s: change that line instead",
				"%[1]s 第 %[2]d 行会在启动时于 %[5]s 之后把 %[3]s 设为 %[4]q：请改那一行",
				file, line, c.Key, excerpt(value), e.File.Path)
		}
	}
	return nil
}

// abandon ends an entry of which nothing has been done.
func (j *Journal) abandon(e *Entry, why string) error {
	e.State, e.Note, e.Ended = Abandoned, why, j.Clock.Now().UTC()
	return j.record(e)
}

// conflict is what is somebody else's where ours was expected.
func conflict(what string, at side, found string) error {
	hint := "linger fix --status"
	switch {
	case at == goneSide:
		return refuse(Changed, hint, "%s does not exist any more", "%s 已不存在", what)
	case found == "":
		return refuse(Changed, hint, "%s was changed by somebody else meanwhile", "%s 期间被别人改过", what)
	}
	return refuse(Changed, hint, "%s was changed by somebody else meanwhile: it is %q", "%s 期间被别人改过：现为 %q", what, excerpt(found))
}
