package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/lab"
	"github.com/linger-dev/linger/internal/scenario"
	"github.com/linger-dev/linger/internal/view"
	"github.com/linger-dev/linger/internal/view/json"
	"github.com/linger-dev/linger/internal/view/text"
)

// labCmd is the laboratory.
type labCmd struct {
	List labListCmd `cmd:"" help:"List the claims."`
	Show labShowCmd `cmd:"" help:"Print the scenario of a claim, to read or to change."`
	Run  labRunCmd  `cmd:"" help:"Play claims, or scenario files of your own, and say whether they hold here."`
}

type labListCmd struct {
	JSON bool `help:"Print JSON."`
}

// Run lists the catalogue.
func (c *labListCmd) Run(p *program) error {
	all, err := claims.All()
	if err != nil {
		return err
	}
	list := make([]view.Claim, len(all))
	for i, f := range all {
		list[i] = view.Claim{Name: f.Name, Claim: f.Claim, Topics: f.Topics, Sources: f.Sources, Length: lab.Length(f)}
	}
	if c.JSON {
		return json.New(p.out).Catalogue(list)
	}
	return text.New(p.out, p.textOptions()).Catalogue(list)
}

type labShowCmd struct {
	Name string `arg:"" help:"A claim, as 'linger lab list' names it."`
}

// Run prints a scenario file.
func (c *labShowCmd) Run(p *program) error {
	if _, err := claims.Find(c.Name); err != nil {
		return err
	}
	body, err := claims.Text(c.Name)
	if err != nil {
		return err
	}
	_, err = p.out.Write(body)
	return err
}

type labRunCmd struct {
	What     []string `arg:"" optional:"" name:"name|file" help:"Claims, as 'linger lab list' names them, or scenario files (.yaml)."`
	All      bool     `help:"Play the whole catalogue."`
	JSON     bool     `help:"Print JSON."`
	Mutants  bool     `help:"Play the change beside each claim that makes it false: each must be refuted."`
	Verbose  bool     `short:"v" help:"Show every step's measured value and the timelines."`
	Keep     string   `placeholder:"DIR" type:"path" help:"Keep packets (pcapng), timelines (SVG, JSON) and evidence of each play in a folder."`
	Parallel int      `placeholder:"N" help:"Plays at once; they mostly wait. Default: 24 for each processor."`
}

// Validate refuses contradictions; kong calls it.
func (c *labRunCmd) Validate() error {
	switch {
	case c.All && len(c.What) > 0:
		return errors.New("--all and names exclude each other")
	case !c.All && len(c.What) == 0:
		return errors.New("name a claim or a scenario file, or say --all")
	case c.Parallel < 0:
		return errors.New("--parallel takes 1 or more")
	}
	return nil
}

// Run plays and reports.
func (c *labRunCmd) Run(p *program) error {
	files, err := c.files()
	if err != nil {
		return err
	}
	executable, err := p.private()
	if err != nil {
		return err
	}
	if c.Keep != "" {
		if err := os.MkdirAll(c.Keep, 0o755); err != nil {
			return fmt.Errorf("keep: %w", err)
		}
	}
	began := time.Now()
	show := newBoard(p, files)
	results := lab.Run(p.ctx, files, lab.Options{
		Executable: executable, Kernel: kernel(), Parallel: c.Parallel,
		Timelines: c.Verbose, Keep: c.Keep, Progress: show.take,
	}, nil)
	show.close()
	answer := view.Claims{Kernel: kernel(), Took: time.Since(began), Results: results, Mutants: c.Mutants, Detail: c.Verbose}
	if err := c.report(p, answer, files); err != nil {
		return err
	}
	if err := p.ctx.Err(); err != nil {
		return err // interrupted: what was done has been shown
	}
	return status(answer)
}

// files reads what is to be played.
func (c *labRunCmd) files() (files []*scenario.File, err error) {
	if c.All {
		files, err = claims.All()
	} else {
		files, err = named(c.What)
	}
	if err != nil || !c.Mutants {
		return files, err
	}
	for i, f := range files {
		if f.Mutant == nil {
			return nil, fmt.Errorf("%s has no change beside it that makes it false", f.Name)
		}
		if files[i], err = f.Mutated(); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// named reads claims and files; what looks like a path is one.
func named(what []string) ([]*scenario.File, error) {
	var files []*scenario.File
	for _, w := range what {
		if strings.ContainsRune(w, filepath.Separator) || strings.HasSuffix(w, ".yaml") || strings.HasSuffix(w, ".yml") {
			body, err := os.ReadFile(w)
			if err != nil {
				return nil, fmt.Errorf("read scenario: %w", err)
			}
			f, err := scenario.Parse(w, body)
			if err != nil {
				return nil, err
			}
			files = append(files, f)
			continue
		}
		found, err := claims.Find(w)
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	return files, nil
}

// status is the exit status: a claim that does not hold is a warning; if none
// could be tested, linger could not look.
func status(answer view.Claims) error {
	good, bad := answer.Count(claims.Proved), answer.Count(claims.NotSo)
	if answer.Mutants {
		good, bad = bad, good
	}
	switch {
	case bad > 0:
		return exitCode(exitWarning)
	case good == 0:
		return exitCode(exitFailed)
	}
	return nil
}

// kernel returns the release of the running kernel.
func kernel() evidence.Kernel {
	var name unix.Utsname
	if unix.Uname(&name) != nil {
		return ""
	}
	return evidence.Kernel(unix.ByteSliceToString(name.Release[:]))
}
