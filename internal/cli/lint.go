package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/lint"
	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/view/json"
	"github.com/linger-dev/linger/internal/view/sarif"
	"github.com/linger-dev/linger/internal/view/text"
)

// lintCmd judges settings.
type lintCmd struct {
	What   []string `arg:"" optional:"" name:"file|dir" help:"Files, or folders of them, to judge instead of this host: sysctl.conf, shell scripts, Dockerfiles, compose, Kubernetes, ansible; - is standard input."`
	Kernel string   `placeholder:"RELEASE" help:"Judge for another release of Linux than the running one, such as 4.9; live values are then not looked at."`
	Root   string   `placeholder:"DIR" type:"path" help:"Judge the files of a system mounted there."`
	Netns  string   `placeholder:"NAME|PID" help:"Judge the live values of this network namespace; files do not act there."`
	JSON   bool     `help:"Print JSON, in both languages; docs/lint.md describes it."`
	SARIF  bool     `name:"sarif" help:"Print SARIF 2.1.0, for code hosts and editors."`
	Lang   string   `placeholder:"en|zh" enum:",en,zh" default:"" help:"The language: English or Simplified Chinese. Default: the locale's."`
}

// Validate refuses contradictions; kong calls it.
func (c *lintCmd) Validate() error {
	switch {
	case c.JSON && c.SARIF:
		return errors.New("--json and --sarif exclude each other")
	case len(c.What) > 0 && (c.Root != "" || c.Netns != ""):
		return errors.New("files exclude --root and --netns, which say where else to look")
	case c.Root != "" && c.Netns != "":
		return errors.New("--root and --netns exclude each other: a mounted system does not run")
	case c.Netns != "" && c.Kernel != "":
		return errors.New("--netns and --kernel exclude each other: a namespace is of the running kernel")
	case c.Netns == "all":
		return errors.New("--netns takes one namespace here")
	case c.Kernel != "" && !regexp.MustCompile(`^\d+\.\d+`).MatchString(c.Kernel):
		return errors.New("--kernel takes a release such as 4.9 or 6.12.3")
	}
	return nil
}

// Run reads, judges and reports; its error carries the exit status.
func (c *lintCmd) Run(p *program) error {
	in, err := c.input(p)
	if err != nil {
		return err
	}
	rep := lint.Judge(in)
	if !rep.Unread() || len(rep.Findings) > 0 || rep.Others > 0 {
		if err := c.show(p, rep); err != nil {
			return err
		}
	}
	if rep.Unread() { // what could be read has been shown
		return unreadError(rep.Problems)
	}
	return exitCode(rep.Exit())
}

func unreadError(problems []lint.Problem) error {
	var all []error
	for _, problem := range problems {
		if problem.Fatal {
			all = append(all, fmt.Errorf("read %s: %s", strings.TrimSuffix(problem.Place.String(), ":0"), problem.What.EN))
		}
	}
	return errors.Join(all...)
}

func (c *lintCmd) show(p *program, rep lint.Report) error {
	lang := language(c.Lang)
	switch {
	case c.JSON:
		return json.New(p.out).Lint(rep)
	case c.SARIF:
		return sarif.Write(p.out, rep, sarif.Options{Lang: lang, Version: version()})
	}
	o := p.textOptions()
	o.Lang = lang
	o.Unicode = o.Unicode || lang == say.Chinese // who asks for it can read it
	return text.New(p.out, o).Lint(rep)
}

// input gathers what is to be judged.
func (c *lintCmd) input(p *program) (in lint.Input, err error) {
	if in.Kernel, err = c.release(); err != nil {
		return in, err
	}
	switch {
	case len(c.What) > 0:
		for _, name := range c.What {
			in.Texts = append(in.Texts, readTexts(p, name)...)
		}
		return in, nil
	case c.Root != "":
		in.System, err = readSystem(c.Root)
		return in, err
	case c.Netns == "":
		if in.System, err = readSystem("/"); err != nil {
			return in, err
		}
	}
	if c.Kernel == "" {
		in.Live, err = c.live(p)
	}
	return in, err
}

// release is the one to judge for.
func (c *lintCmd) release() (evidence.Kernel, error) {
	if c.Kernel != "" {
		return evidence.Kernel(c.Kernel), nil
	}
	data, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return "", fmt.Errorf("tell the running release of Linux (give one with --kernel): %w", err)
	}
	return evidence.Kernel(strings.TrimSpace(string(data))), nil
}

// readSystem reads all files of sysctl of a system. Links in it do not lead out
// of its root.
func readSystem(dir string) (*lint.System, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("read the system: %w", err)
	}
	defer root.Close()
	s := lint.ReadSystem(root.FS())
	return &s, nil
}

// readTexts reads what one argument names.
func readTexts(p *program, name string) []lint.Text {
	if name == "-" {
		data, err := lint.ReadText(p.in)
		if err != nil {
			return []lint.Text{unread(name, err)}
		}
		return []lint.Text{lint.Parse("standard input", data)}
	}
	f, err := os.Open(name)
	if err != nil {
		return []lint.Text{unread(name, err)}
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		return lint.ReadFolder(os.DirFS(name), name)
	}
	data, err := lint.ReadText(f) // a pipe will do: somebody asked for it
	if err != nil {
		return []lint.Text{unread(name, err)}
	}
	return []lint.Text{lint.Parse(name, data)}
}

func unread(name string, err error) lint.Text {
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	return lint.Text{File: name, Problems: []lint.Problem{lint.Unreadable(name, err)}}
}
