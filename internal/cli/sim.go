package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/scenario"
	"github.com/linger-dev/linger/internal/twin"
	"github.com/linger-dev/linger/internal/twin/play"
	"github.com/linger-dev/linger/internal/twin/play/outcome"
	"github.com/linger-dev/linger/internal/view/text"
)

// simCmd plays files on the twin.
type simCmd struct {
	What    []string `arg:"" optional:"" name:"name|file" help:"Claims, as 'linger lab list' names them, scenario files, or one traffic file (.yaml); docs/sim.md describes it."`
	All     bool     `help:"Play the whole catalogue."`
	Kernel  string   `placeholder:"RELEASE" help:"The kernel to simulate, such as 2.6.32, 3.10, 4.19, 5.10, 6.1. Default: what a traffic file says, or 6.18."`
	HZ      int      `name:"hz" placeholder:"N" help:"Its timer interrupts per second. Default: what a traffic file says, or 250."`
	Seed    uint64   `default:"1" help:"What the choice of ports, random arrivals and the loads of a fleet begin with."`
	Vary    []string `sep:"none" placeholder:"NAME=VALUES" help:"Play once for each value: a list such as tcp_tw_reuse=0,1, or a range such as rate=100..2000 or rate=100..2000/20. Several make all combinations."`
	Speed   string   `placeholder:"10x" help:"Play it live, at this multiple of real time, with the chart growing on the terminal. Ctrl-C ends with the summary."`
	Save    string   `placeholder:"FILE" type:"path" help:"Record what linger would see on the simulated hosts, for --from."`
	SVG     string   `name:"svg" placeholder:"FILE" type:"path" help:"Write the chart as a picture; - is standard output, instead of the answer."`
	JSON    bool     `help:"Print JSON; docs/sim.md describes it."`
	Verbose bool     `short:"v" help:"Of claims, show every step's value."`
	Lang    string   `placeholder:"en|zh" enum:",en,zh" default:"" help:"The language: English or Simplified Chinese. Default: the locale's; of JSON: both."`
}

// Validate refuses contradictions; kong calls it.
func (c *simCmd) Validate() error {
	many := c.All || len(c.What) > 1
	switch {
	case c.All && len(c.What) > 0:
		return errors.New("--all and names exclude each other")
	case !c.All && len(c.What) == 0:
		return errors.New("name a claim, a scenario file or a traffic file, or say --all")
	case many && (len(c.Vary) > 0 || c.Save != "" || c.SVG != "" || c.Speed != ""):
		return errors.New("--vary, --save, --svg and --speed are for one file")
	case len(c.Vary) > 0 && (c.Save != "" || c.Speed != ""):
		return errors.New("--vary plays many times: --save and --speed are for one run")
	case c.HZ != 0 && (c.HZ < 24 || c.HZ > 1200):
		return errors.New("--hz takes 24 to 1200")
	case c.SVG == "-" && c.JSON:
		return errors.New("--svg - and --json both want standard output")
	}
	if _, err := c.speed(); err != nil {
		return err
	}
	_, err := play.ParseVary(c.Vary)
	if err == nil && c.Kernel != "" {
		_, err = twin.KernelOf(evidence.Kernel(c.Kernel))
	}
	return err
}

// speed is the multiple of real time; 0: as fast as it goes.
func (c *simCmd) speed() (float64, error) {
	if c.Speed == "" {
		return 0, nil
	}
	v, err := strconv.ParseFloat(strings.TrimSuffix(c.Speed, "x"), 64)
	if err != nil || !(v >= 0.01 && v <= 1e6) {
		return 0, fmt.Errorf("--speed takes a multiple of real time from 0.01x to 1000000x, such as 10x, not %q", c.Speed)
	}
	return v, nil
}

// Run plays and reports.
func (c *simCmd) Run(p *program) error {
	if c.Speed != "" && !p.errTTY {
		return errors.New("--speed plays live on a terminal, and standard error is none")
	}
	files, traffic, err := c.read()
	if err != nil {
		return err
	}
	s := &simulation{simCmd: c, program: p, options: play.Options{Kernel: evidence.Kernel(c.Kernel), HZ: c.HZ, Seed: c.Seed}}
	return s.play(files, traffic)
}

// read reads what is to be played: scenarios, or traffic.
func (c *simCmd) read() ([]*scenario.File, *play.Traffic, error) {
	if c.All {
		files, err := claims.All()
		return files, nil, err
	}
	for _, w := range c.What {
		if !strings.ContainsRune(w, filepath.Separator) && !strings.HasSuffix(w, ".yaml") && !strings.HasSuffix(w, ".yml") {
			continue
		}
		body, err := os.ReadFile(w)
		if err != nil {
			return nil, nil, fmt.Errorf("read file: %w", err)
		}
		if !play.IsTraffic(body) {
			continue
		}
		if len(c.What) > 1 {
			return nil, nil, fmt.Errorf("%s is a traffic file: play it alone", w)
		}
		t, err := play.ParseTraffic(w, body)
		return nil, t, err
	}
	files, err := named(c.What)
	return files, nil, err
}

// simTextOptions are the program's. Who asks for Chinese can read it, whatever
// the locale says.
func (c *simCmd) simTextOptions(p *program) text.Options {
	o := p.textOptions()
	o.Lang = language(c.Lang)
	o.Unicode = o.Unicode || c.Lang == "zh"
	return o
}

// axes are what is varied; Validate has checked them.
func (c *simCmd) axes() []outcome.Axis {
	axes, _ := play.ParseVary(c.Vary)
	return axes
}
