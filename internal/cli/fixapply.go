package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/linger-dev/linger/internal/journal"
	"github.com/linger-dev/linger/internal/lint"
	"github.com/linger-dev/linger/internal/netns"
	"github.com/linger-dev/linger/internal/remedy"
	"github.com/linger-dev/linger/internal/view/escape"
)

// journal opens the journal of this host.
func (c *fixCmd) journal(who string) (*journal.Journal, error) {
	if err := onlyLinux(); err != nil {
		return nil, err
	}
	dir := c.Journal
	if dir == "" {
		dir = journal.DefaultDir
	}
	guards := journal.Guards(dir, func(id int) []string {
		return []string{"fix", "--guard", strconv.Itoa(id), "--journal", dir}
	})
	return journal.New(dir, who, winner, guards.Launch), nil
}

// winner says which line sets a key at boot. sysctl.conf, which only some
// systems read at boot, counts: `sysctl --system` reads it everywhere.
func winner(key string) (file string, line int, value string) {
	system, err := readSystem("/")
	if err != nil {
		return "", 0, ""
	}
	a, ok := system.Winner(lint.Procps, key)
	if !ok {
		return "", 0, ""
	}
	return a.File, a.Line, a.Value
}

// apply writes the kernel's part of a plan.
func (c *fixCmd) apply(p *program, plan remedy.Plan) error {
	changes, err := settings(&plan)
	if err != nil {
		return err
	}
	if len(changes) == 0 {
		_, err := fmt.Fprintln(p.out, c.language().F("nothing to apply: no setting of the kernel would end a finding",
			"无需应用：没有哪个内核参数能解决所发现的问题"))
		return err
	}
	j, err := c.journal("linger fix --apply")
	if err != nil {
		return err
	}
	spaces, _, err := netns.Select(c.Netns)
	if err != nil {
		return err
	}
	tree, err := journal.Enter(spaces[0])
	if err != nil {
		return err
	}
	defer tree.Close() //nolint:errcheck // it carries nothing
	planned := journal.Plan{RuntimeOnly: c.RuntimeOnly, ConfirmWithin: c.ConfirmWithin, Made: plan.Made}
	for _, s := range changes {
		planned.Changes = append(planned.Changes, journal.Change(s))
	}
	e, err := j.Apply(p.ctx, planned, tree)
	if err != nil {
		return c.refused(err)
	}
	return c.tell(p, j, e.ID)
}

// decide confirms, undoes or finishes a change.
func (c *fixCmd) decide(p *program) error {
	who := "linger fix --undo"
	switch {
	case c.Confirm:
		who = "linger fix --confirm"
	case c.Finish:
		who = "linger fix --finish"
	}
	j, err := c.journal(who)
	if err != nil {
		return err
	}
	if err := recoverAll(p.ctx, j); err != nil {
		return c.refused(err)
	}
	id := c.ID
	pick, do := j.ToUndo, func(ctx context.Context, id int) (*journal.Entry, error) { return j.Undo(ctx, id, c.foreign()) }
	switch {
	case c.Confirm:
		pick, do = j.ToConfirm, j.Confirm
	case c.Finish:
		do = j.Finish
	}
	if id == 0 {
		if id, err = pick(); err != nil {
			return c.refused(err)
		}
	}
	if _, err := do(p.ctx, id); err != nil {
		return c.refused(err)
	}
	return c.tell(p, j, id)
}

// recoverAll brings in order what needs nobody's decision. Without an entry
// there is nothing to do, and no folder to be made for that.
func recoverAll(ctx context.Context, j *journal.Journal) error {
	entries, unread := j.Entries()
	if len(entries)+len(unread) == 0 {
		return nil
	}
	_, err := j.Recover(ctx)
	return err
}

func (c *fixCmd) foreign() journal.Foreign {
	switch {
	case c.Overwrite:
		return journal.Overwrite
	case c.LeaveForeign:
		return journal.Leave
	}
	return journal.StepBack
}

// guard keeps watch until the change is confirmed or taken back.
func (c *fixCmd) guard(p *program) error {
	j, err := c.journal("linger fix --guard")
	if err != nil {
		return err
	}
	ctx, stop := journal.Steady(p.ctx)
	defer stop()
	return c.refused(j.Guard(ctx, c.ID))
}

// status lists the journal. What needs nobody's decision is brought in order
// first.
func (c *fixCmd) status(p *program) error {
	j, err := c.journal("linger fix --status")
	if err != nil {
		return err
	}
	recovering := recoverAll(p.ctx, j)
	if errors.Is(recovering, fs.ErrPermission) {
		recovering = nil // who may only read is told what there is
	}
	reports, errs := j.Status()
	l := c.language()
	if len(reports) == 0 && len(errs) == 0 && recovering == nil {
		_, err := fmt.Fprintln(p.out, l.F("no changes were made", "没有做过任何修改"))
		return err
	}
	slices.Reverse(reports)
	for _, r := range reports {
		if err := c.entry(p, r); err != nil {
			return err
		}
	}
	return c.refused(errors.Join(append(errs, recovering)...))
}

// tell writes how it stands with one change.
func (c *fixCmd) tell(p *program, j *journal.Journal, id int) error {
	reports, _ := j.Status()
	for _, r := range reports {
		if r.ID == id {
			return c.entry(p, r)
		}
	}
	return fmt.Errorf("change %d is not in the journal any more", id)
}

func (c *fixCmd) entry(p *program, r journal.Report) error {
	o := c.options(p)
	l := o.Lang
	var b strings.Builder
	line := func(text string) { b.WriteString(escape.Text(text, o.Unicode) + "\n") }
	line(l.F("change %d, %s, namespace %s: %s", "修改 %d，%s，命名空间 %s：%s",
		r.ID, r.Began.UTC().Format("2006-01-02 15:04:05 UTC"), r.Space.Name, r.Headline()))
	for _, change := range r.Changes {
		line(fmt.Sprintf("  %s: %q -> %q", change.Key, spaced(change.From), spaced(change.To)))
	}
	if r.File != nil {
		line("  " + r.File.Path)
	}
	for _, left := range r.Left {
		line(l.F("  left alone, changed by somebody else: %s", "  保持原样（别人改过）：%s", left))
	}
	for _, differs := range r.Differs {
		line(l.F("  changed since: %s", "  此后被改过：%s", differs))
	}
	if r.Note != "" {
		line("  " + r.Note)
	}
	for _, command := range r.Commands() {
		line("  $ " + command)
	}
	_, err := p.out.Write([]byte(b.String()))
	return err
}

// spaced is a value as people write it: the kernel parts numbers by tabs.
func spaced(value string) string { return strings.Join(strings.Fields(value), " ") }

// refusal is an error of the journal, in the reader's language.
type refusal struct {
	text string
	err  error
}

func (e *refusal) Error() string { return e.text }
func (e *refusal) Unwrap() error { return e.err }

func (c *fixCmd) refused(err error) error {
	if err == nil {
		return nil
	}
	return &refusal{journal.Text(err, c.language()), err}
}
