package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/observe"
	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/view/json"
	"github.com/linger-dev/linger/internal/view/text"
	"github.com/linger-dev/linger/internal/why"
)

// whyCmd answers why a port cannot be bound, or why connects fail.
type whyCmd struct {
	Where string `arg:"" name:"port|address:port" help:"A port that a program wants to listen at, or a destination that it connects to, such as 8080, 10.0.9.2:3306 or [2001:db8::1]:443."`

	Addr      string `placeholder:"A" help:"About a port: bind this address; default 0.0.0.0. :: is every address of both families."`
	V6only    bool   `name:"v6only" help:"About a port: the program sets IPV6_V6ONLY."`
	Reuseaddr bool   `help:"About a port: the program sets SO_REUSEADDR."`
	Reuseport bool   `help:"About a port: the program sets SO_REUSEPORT."`
	UID       *int   `name:"uid" placeholder:"U" help:"About a port: the program runs as this user; default: who runs linger."`
	Rehearsal bool   `negatable:"" default:"true" help:"About a port: call bind() once, closed at once."`

	Source string        `placeholder:"A" help:"About a destination: connects from this address; default: the one that the route prefers."`
	Try    bool          `help:"About a destination: make one real connect()."`
	Within time.Duration `default:"3s" help:"With --try, how long to wait for the answer."`

	JSON  bool   `help:"Print JSON; docs/why.md describes it."`
	Netns string `placeholder:"NAME|PID" help:"Look into this network namespace; of a recording, the one of this name."`
	From  string `placeholder:"FILE" type:"path" help:"Read the last snapshot of a recording instead of the kernel; - is standard input."`
	Lang  string `placeholder:"en|zh" enum:",en,zh" default:"" help:"The language: English or Simplified Chinese. Default: the locale's."`
	Rows  int    `default:"20" help:"Rows per table at most; 0 for all."`
}

// about is what is asked: a port, or a destination.
func (c *whyCmd) about() (port uint16, dst netip.AddrPort, err error) {
	if !strings.Contains(c.Where, ":") {
		n, err := strconv.ParseUint(c.Where, 10, 16)
		if err != nil || n == 0 {
			return 0, dst, fmt.Errorf("%q is neither a port from 1 to 65535 nor an address with a port, such as 10.0.9.2:3306", c.Where)
		}
		return uint16(n), dst, nil
	}
	dst, err = netip.ParseAddrPort(c.Where)
	if err != nil || dst.Port() == 0 {
		return 0, dst, fmt.Errorf("%q is no address with a port, such as 10.0.9.2:3306 or [2001:db8::1]:443; names are not looked up", c.Where)
	}
	return 0, netip.AddrPortFrom(dst.Addr().Unmap(), dst.Port()), nil
}

// Validate refuses contradictions; kong calls it.
func (c *whyCmd) Validate() error {
	port, _, err := c.about()
	binds := c.Addr != "" || c.V6only || c.Reuseaddr || c.Reuseport || c.UID != nil
	switch {
	case err != nil:
		return err
	case port == 0 && binds:
		return errors.New("--addr, --v6only, --reuseaddr, --reuseport and --uid are about a port, not about a destination")
	case port != 0 && (c.Source != "" || c.Try):
		return errors.New("--source and --try are about a destination, not about a port")
	case c.Try && c.From != "":
		return errors.New("--try and --from exclude each other: a recording cannot be connected to")
	case c.Netns == "all":
		return errors.New("--netns takes one namespace here")
	case c.UID != nil && *c.UID < 0:
		return errors.New("--uid takes a user's number")
	case c.Rows < 0:
		return errors.New("--rows takes 0 or more")
	}
	for _, a := range []string{c.Addr, c.Source} {
		if _, err := netip.ParseAddr(a); a != "" && err != nil {
			return fmt.Errorf("%q is no address; names are not looked up", a)
		}
	}
	return nil
}

// Run looks and answers; its error carries the exit status.
func (c *whyCmd) Run(p *program) error {
	port, dst, err := c.about()
	if err != nil {
		return err
	}
	if port != 0 {
		a, err := c.bind(p, port)
		if err != nil {
			return err
		}
		if err := c.showBind(p, a); err != nil {
			return err
		}
		return exitOf(a.Certainty)
	}
	a, err := c.connect(p, dst)
	if err != nil {
		return err
	}
	if err := c.showConnect(p, a); err != nil {
		return err
	}
	return exitOf(a.Certainty)
}

func exitOf(c why.Certainty) error {
	switch c {
	case why.Can:
		return nil
	case why.Cannot:
		return exitCode(exitCritical)
	case why.Soon, why.Unsure:
	}
	return exitCode(exitWarning)
}

func (c *whyCmd) showBind(p *program, a *why.Bind) error {
	if c.JSON {
		return json.New(p.out).WhyBind(a)
	}
	r, lang := c.text(p)
	return r.WhyBind(a, lang)
}

func (c *whyCmd) showConnect(p *program, a *why.Connect) error {
	if c.JSON {
		return json.New(p.out).WhyConnect(a)
	}
	r, lang := c.text(p)
	return r.WhyConnect(a, lang)
}

func (c *whyCmd) text(p *program) (*text.Reporter, say.Lang) {
	lang, ok := say.Parse(c.Lang)
	if !ok {
		lang = say.Of(os.Getenv)
	}
	o := p.textOptions()
	o.Unicode = o.Unicode || lang == say.Chinese // who asks for Chinese can read it
	o.Rows = c.Rows
	return text.New(p.out, o), lang
}

// recorded returns the last snapshot of the recording, and the namespace that
// is asked for: by name, or the first.
func (c *whyCmd) recorded(p *program) (*evidence.Snapshot, *evidence.Namespace, error) {
	flags := lookFlags{From: c.From, Last: true}
	src, err := flags.open(p, observe.Options{}, 0)
	if err != nil {
		return nil, nil, err
	}
	defer src.Close()
	snap, err := src.Next(context.WithoutCancel(p.ctx))
	if errors.Is(err, io.EOF) {
		return nil, nil, &recordingError{c.From, errors.New("it holds no snapshot")}
	}
	if err != nil {
		return nil, nil, err
	}
	for i := range snap.Namespaces {
		if ns := &snap.Namespaces[i]; c.Netns == "" || ns.Name == c.Netns {
			return snap, ns, nil
		}
	}
	return nil, nil, &recordingError{c.From, fmt.Errorf("it holds no namespace %q", c.Netns)}
}
