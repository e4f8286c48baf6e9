package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/linger-dev/linger/internal/explain"
	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/view/json"
	"github.com/linger-dev/linger/internal/view/text"
)

// statesTopic is the topic that has a figure of its own.
const statesTopic = "states"

type explainCmd struct {
	Topic string `arg:"" optional:"" help:"A topic, or what you see: TIME_WAIT, EADDRNOTAVAIL, tcp_tw_reuse. Without one, all topics are listed."`
	Lang  string `placeholder:"en|zh" enum:",en,zh" default:"" help:"The language: English or Simplified Chinese. Default: the locale's."`
	JSON  bool   `help:"Print JSON: topics in both languages, or of states the transitions; docs/json.md describes it."`
	SVG   string `name:"svg" placeholder:"FILE" type:"path" help:"Of states: write the figure as a picture; - is standard output."`
	Linux bool   `help:"Of states: follow Linux where it departs from the RFCs."`
	Docs  string `placeholder:"DIR" type:"path" help:"Write all topics as Markdown, in both languages, into a folder."`
}

// Validate refuses contradictions; kong calls it.
func (c *explainCmd) Validate() error {
	switch {
	case c.JSON && c.SVG != "":
		return errors.New("--json and --svg exclude each other")
	case c.Docs != "" && (c.Topic != "" || c.JSON):
		return errors.New("--docs writes all topics: it takes no topic, and no --json")
	case (c.SVG != "" || c.Linux) && c.Topic != statesTopic:
		return errors.New("--svg and --linux belong to the topic states")
	}
	return nil
}

// Run lists the topics, or tells one.
func (c *explainCmd) Run(p *program) error {
	switch {
	case c.Docs != "":
		return writeTopics(c.Docs)
	case c.Topic == "":
		return c.list(p)
	case c.Topic == statesTopic && (c.JSON || c.SVG != ""):
		return c.states(p)
	}
	topic, err := explain.Find(c.Topic)
	var unknown *explain.UnknownError
	if errors.As(err, &unknown) {
		return p.noTopic(unknown)
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return json.New(p.out).Topics([]explain.Topic{topic})
	}
	if topic.Name == statesTopic {
		if err := c.states(p); err != nil {
			return err
		}
		fmt.Fprintln(p.out)
	}
	return text.New(p.out, c.textOptions(p)).Topic(topic, c.language())
}

func (c *explainCmd) list(p *program) error {
	topics, err := explain.Topics()
	if err != nil {
		return err
	}
	if c.JSON {
		return json.New(p.out).Topics(topics)
	}
	return text.New(p.out, c.textOptions(p)).Topics(topics, c.language())
}

// language is the one that was asked for, or the locale's.
func (c *explainCmd) language() say.Lang {
	if lang, ok := say.Parse(c.Lang); ok {
		return lang
	}
	return say.Of(os.Getenv)
}

// textOptions are the program's. Who asks for Chinese can read it, whatever
// the locale says.
func (c *explainCmd) textOptions(p *program) text.Options {
	o := p.textOptions()
	o.Unicode = o.Unicode || c.language() == say.Chinese
	return o
}

// noTopic says which topics were perhaps meant. The hint can be pasted: what
// follows the first is a comment to the shell.
func (p *program) noTopic(e *explain.UnknownError) error {
	hint := "linger explain"
	if len(e.Near) > 0 {
		hint += " " + e.Near[0]
	}
	if len(e.Near) > 1 {
		hint += "   # or: " + strings.Join(e.Near[1:], ", ")
	}
	fmt.Fprintf(p.err, "linger: error: %v\nlinger: hint: %s\n", e, hint)
	return exitCode(exitFailed)
}
