package cli

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/internal/view/diagram"
	"github.com/linger-dev/linger/internal/view/json"
)

// states explores the machine and shows what it found.
func (c *explainCmd) states(p *program) error {
	transitions := tcp.Explore(c.params())
	switch {
	case c.JSON:
		return json.New(p.out).StatesTable(transitions, c.Linux)
	case c.SVG == "-":
		return diagram.SVG(p.out, transitions, c.options())
	case c.SVG != "":
		return c.picture(transitions)
	}
	o, shown := c.options(), p.textOptions()
	o.Width, o.Unicode = shown.Width, shown.Unicode
	return diagram.Text(p.out, transitions, o)
}

func (c *explainCmd) picture(transitions []tcp.Transition) error {
	f, err := os.Create(c.SVG)
	if err != nil {
		return fmt.Errorf("write picture: %w", err)
	}
	return errors.Join(diagram.SVG(f, transitions, c.options()), f.Close())
}

// params are those of a plain connection: what Linux does by default, or what
// the RFCs say, with timestamps and an MSL of two minutes.
func (c *explainCmd) params() tcp.Params {
	if c.Linux {
		return tcp.Params{Linux: true, Timestamps: true, TimeWait: time.Minute, FinTimeout: time.Minute}
	}
	return tcp.Params{Timestamps: true, TimeWait: 4 * time.Minute}
}

func (c *explainCmd) options() diagram.Options {
	title, follows := "The states of a TCP connection", "It follows the RFCs; with --linux it follows Linux where that departs from them."
	if c.Linux {
		title, follows = title+" in Linux", "It follows Linux where that departs from the RFCs; without --linux it follows the RFCs."
	}
	return diagram.Options{
		Title: title,
		Intro: []string{
			"Figure 5 of RFC 9293, drawn anew from what linger's model of TCP does: the model was run through every kind " +
				"of event it knows in every state it gets to. Each arrow and each row is something it did; only the places of " +
				"the boxes are fixed. " + follows,
			"Two claims check on your kernel what the figure says of TIME_WAIT: that a repeated FIN is answered, and " +
				"that a simultaneous close leads there by way of CLOSING. To play them:",
			"linger lab run lost-last-ack simultaneous-close",
		},
	}
}
