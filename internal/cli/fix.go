package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/linger-dev/linger/internal/observe"
	"github.com/linger-dev/linger/internal/remedy"
	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/view/json"
	"github.com/linger-dev/linger/internal/view/text"
)

type fixCmd struct {
	traceFlags
	ID int `arg:"" optional:"" help:"With --confirm, --undo or --finish: the number of a change; default: the newest that it fits."`

	Apply         bool          `xor:"do" help:"Write the kernel's part of the plan; everything is journalled first, read back after, and can be undone."`
	ConfirmWithin time.Duration `placeholder:"D" help:"With --apply: take it back by itself unless linger fix --confirm comes within D, such as 5m."`
	RuntimeOnly   bool          `help:"With --apply: until the next boot only; write no file."`
	Confirm       bool          `xor:"do" help:"Keep a change that waits to be confirmed."`
	Undo          bool          `xor:"do" help:"Put back what was there before a change."`
	Finish        bool          `xor:"do" help:"Complete a change that was interrupted."`
	Status        bool          `xor:"do" help:"List the changes made so far, and what can be done about each."`
	Guard         bool          `xor:"do" hidden:"" help:"Keep watch over a change until it is confirmed."`
	LeaveForeign  bool          `help:"With --undo: leave alone what somebody else has changed since, and undo the rest."`
	Overwrite     bool          `help:"With --undo: put back what was there before, whoever has changed it since."`
	Journal       string        `placeholder:"DIR" type:"path" help:"Where changes are journalled. Default: /var/lib/linger/journal."`

	Full  bool   `help:"Show all snippets and all numbers."`
	JSON  bool   `help:"Print the plan as JSON; docs/fix.md describes it."`
	Netns string `placeholder:"NAME|PID" help:"Mend this network namespace instead of linger's own; nothing in it outlives a boot."`
	From  string `placeholder:"FILE" type:"path" help:"Plan from the last snapshot of a recording; - is standard input."`
	Lang  string `placeholder:"en|zh" enum:",en,zh" default:"" help:"The language: English or Simplified Chinese. Default: the locale's."`
}

// Validate refuses contradictions; kong calls it.
func (c *fixCmd) Validate() error {
	about := c.Confirm || c.Undo || c.Finish || c.Guard
	switch {
	case c.Trace < 0:
		return errors.New("--trace takes 0 or more")
	case c.ID < 0 || c.ID > 0 && !about:
		return errors.New("a number is for --confirm, --undo and --finish")
	case (c.Finish || c.Guard) && c.ID == 0:
		return errors.New("--finish needs the number of a change: linger fix --status lists them")
	case c.ConfirmWithin < 0:
		return errors.New("--confirm-within takes a positive duration")
	case (c.ConfirmWithin > 0 || c.RuntimeOnly) && !c.Apply:
		return errors.New("--confirm-within and --runtime-only are for --apply")
	case (c.LeaveForeign || c.Overwrite) && !c.Undo:
		return errors.New("--leave-foreign and --overwrite are for --undo")
	case c.LeaveForeign && c.Overwrite:
		return errors.New("--leave-foreign and --overwrite exclude each other")
	case c.From != "" && (c.Apply || about || c.Status):
		return errors.New("--from is for plans: what a recording shows may be otherwise now")
	case c.Netns == "all":
		return errors.New("--netns takes one namespace here")
	case c.JSON && (about || c.Apply || c.Status):
		return errors.New("--json is for plans")
	}
	return nil
}

// Run plans, or does what is asked about a change.
func (c *fixCmd) Run(p *program) error {
	switch {
	case c.Guard:
		return c.guard(p)
	case c.Confirm, c.Undo, c.Finish:
		return c.decide(p)
	case c.Status:
		return c.status(p)
	}
	plan, src, err := c.plan(p)
	if err != nil {
		return err
	}
	defer src.Close()
	if c.Apply {
		return c.apply(p, plan)
	}
	if c.JSON {
		return json.New(p.out).Plan(plan)
	}
	return text.New(p.out, c.options(p)).Plan(plan, c.Full)
}

// plan looks, judges, and plans. The caller closes the source.
func (c *fixCmd) plan(p *program) (remedy.Plan, source, error) {
	look := lookFlags{From: c.From, Netns: c.Netns, Last: c.From != ""}
	src, err := look.open(p, observe.Options{Deep: true, Settle: settle}, c.Trace)
	if err != nil {
		return remedy.Plan{}, nil, err
	}
	snap, err := src.Next(p.ctx)
	if err != nil {
		src.Close()
		return remedy.Plan{}, nil, err
	}
	findings, err := judge(p.ctx, src, snap)
	if err != nil {
		src.Close()
		return remedy.Plan{}, nil, err
	}
	return remedy.Foretold(snap, findings, c.language(), foretell(snap)), src, nil
}

// language is English for programs unless they ask, else the reader's.
func (c *fixCmd) language() say.Lang {
	if c.JSON && c.Lang == "" {
		return say.English
	}
	return language(c.Lang)
}

func (c *fixCmd) options(p *program) text.Options {
	o := p.textOptions()
	o.Lang = c.language()
	o.Unicode = o.Unicode || o.Lang == say.Chinese
	return o
}

// settings returns what --apply writes, for the one namespace that was looked
// at.
func settings(plan *remedy.Plan) ([]remedy.Setting, error) {
	changes := remedy.Changes(plan.Kernel())
	for _, s := range changes {
		if s.Namespace != changes[0].Namespace {
			return nil, fmt.Errorf("the plan is about the namespaces %q and %q: choose one with --netns", changes[0].Namespace, s.Namespace)
		}
	}
	return changes, nil
}
