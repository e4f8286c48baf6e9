package journal

import (
	"errors"
	"fmt"
	"time"

	"github.com/linger-dev/linger/internal/say"
)

// Report is an entry and what can be seen of it now.
type Report struct {
	*Entry
	Busy    string        // who is at it at this moment, "" for nobody
	Guarded bool          // a living process takes it back at its deadline
	Rest    time.Duration // until the deadline, for an entry that has one; 0 once it has passed
	Over    bool          // a reboot, or the end of its namespace, has taken it away
	Differs []string      // keys, and the file, that are not as the entry left them, if it is in force
}

// Status looks at all entries, oldest first, and changes nothing. What cannot
// be read is an error each, beside the rest.
func (j *Journal) Status() ([]Report, []error) {
	entries, errs := j.Entries()
	who, busy := held(j.Dir)
	var reports []Report
	for _, e := range entries {
		r := Report{Entry: e}
		if !e.State.Ended() {
			if err := j.examine(&r); err != nil {
				errs = append(errs, fmt.Errorf("change %d: %w", e.ID, err))
			}
			if busy && e.State.Open() {
				r.Busy = who
			}
		}
		reports = append(reports, r)
	}
	return reports, errs
}

func (j *Journal) examine(r *Report) error {
	e := r.Entry
	boot, since, err := j.Clock.Boot()
	if err != nil {
		return err
	}
	r.Guarded = e.State.Open() && watched(j.Dir, e.ID)
	if e.Within > 0 && boot == e.Boot {
		r.Rest = max(0, e.Deadline-since)
	}
	t, err := j.tree(e)
	if errors.Is(err, &Error{Problem: Gone}) {
		r.Over = true
		return nil
	}
	if err != nil {
		return err
	}
	defer t.Close()
	if e.State != Applied && e.State != Pending {
		return nil
	}
	for i, c := range e.Changes {
		if at, now, err := e.value(t, i); err != nil {
			return err
		} else if !e.holds(i, at, now) {
			r.Differs = append(r.Differs, c.Key)
		}
	}
	if e.fileTouched() {
		if at, err := e.File.now(); err != nil || at != newSide {
			r.Differs = append(r.Differs, e.File.Path)
		}
	}
	return nil
}

// Headline says in one sentence how it stands with the entry.
func (r Report) Headline() say.Text {
	switch {
	case r.State == Undone && len(r.Left) > 0:
		return both("undone, but for what somebody else had changed", "已撤销，但别人改过的部分除外")
	case r.State == Undone:
		return both("undone: everything is as it was before", "已撤销：一切恢复原样")
	case r.State == Abandoned:
		return both("ended: nothing of it is left", "已结束：没有留下任何内容")
	case r.Busy != "":
		return both("being changed at this moment by %s", "此刻正由 %s 修改", r.Busy)
	case r.Over:
		return both("gone with the boot or the network namespace that it was made in", "已随当时的那次启动或那个网络命名空间一起消失")
	case r.State == Applied:
		return r.inForce()
	case r.State == Pending && r.Rest > 0:
		return r.waiting()
	case r.State == Pending:
		return both("was not confirmed in time: the next run of linger fix takes it back", "未按时确认：下次运行 linger fix 会将其撤回")
	case r.State == Confirming:
		return both("confirmed, but interrupted before its file was complete: finish it", "已确认，但文件写完之前被中断：请完成它")
	case r.State == Undoing:
		return both("interrupted while it was being undone: finish that", "撤销时被中断：请继续撤销")
	case r.Step == 0:
		return both("interrupted before anything was changed", "在做任何修改之前被中断")
	}
	return both("interrupted at step %d of %d, %s: finish it or undo it", "在第 %d 步（共 %d 步，%s）被中断：请完成或撤销它",
		r.Step, r.steps(), r.at())
}

func (r Report) inForce() say.Text {
	switch {
	case len(r.Differs) > 0:
		return both("applied, but %d of its settings were changed since by somebody else", "已生效，但此后有 %d 项被别人改过", len(r.Differs))
	case r.File == nil:
		return both("in force until the next boot", "生效中，直到下次启动")
	}
	return both("in force, and at every boot", "生效中，每次启动后同样生效")
}

func (r Report) waiting() say.Text {
	rest := r.Rest.Round(time.Second)
	if !r.Guarded {
		return both("in force, to be confirmed within %v; its guard is gone, so only the next run of linger fix would take it back",
			"生效中，须在 %v 内确认；其守护进程已不在，只有下次运行 linger fix 才会撤回", rest)
	}
	return both("in force, and taken back in %v unless it is confirmed", "生效中，%v 内不确认就会撤回", rest)
}

// steps returns how many an entry has.
func (e *Entry) steps() int {
	if e.File != nil {
		return len(e.Changes) + 1
	}
	return len(e.Changes)
}

// at names the setting or file of the last step.
func (e *Entry) at() string {
	if e.fileTouched() {
		return e.File.Path
	}
	return e.Changes[e.Step-1].Key
}

// Commands returns what can be done about the entry, most fitting first.
func (r Report) Commands() []string {
	undo, finish := fmt.Sprintf("linger fix --undo %d", r.ID), fmt.Sprintf("linger fix --finish %d", r.ID)
	switch {
	case r.State.Ended() || r.Busy != "" || r.Over:
		return nil
	case r.State == Pending && r.Rest > 0:
		return []string{fmt.Sprintf("linger fix --confirm %d", r.ID), undo}
	case r.State == Applied, r.State == Pending:
		return []string{undo}
	case r.State == Applying && r.Within > 0 && r.Rest == 0:
		return []string{undo}
	}
	return []string{finish, undo}
}
