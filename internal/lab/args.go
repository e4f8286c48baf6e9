package lab

import (
	"net/netip"
	"strconv"

	"github.com/linger-dev/linger/internal/scenario"
	"github.com/linger-dev/linger/internal/workload"
)

// every is how often a program tells its counts while they change.
const every = "50ms"

// args returns the flags that make a workload program behave as a scenario
// says. children are the forks that a calls program will be asked for.
func args(p *scenario.Program, children []string) []string {
	f := flags{}
	switch p.Run {
	case scenario.Calls:
		f.list("-children", children)
		return f
	case scenario.EchoServer:
		f.is("-close-first", p.ClosesFirst)
		f.set("-think", p.Think.String(), p.Think > 0)
	case scenario.ForkServer:
		f.is("-retain", p.Retain)
		f.set("-think", p.Think.String(), p.Think > 0)
	case scenario.FileServer:
		f.is("-close-first", p.ClosesFirst)
	case scenario.ShortClient:
		f.is("-keep-alive", p.KeepAlive)
		f.is("-peer-closes", !p.ClosesFirst)
		f.set("-split", strconv.Itoa(p.Split), p.Split > 0)
	case scenario.FileClient:
		f.is("-peer-closes", !p.ClosesFirst)
		f.set("-bytes", strconv.FormatInt(p.Bytes, 10), true)
	}
	f.set("-addr", p.Listen.String(), p.Listen.IsValid())
	f.set("-target", p.To.String(), p.To.IsValid())
	f.set("-from", p.From.String(), p.From != netip.AddrPort{})
	f.set("-rate", strconv.FormatFloat(p.Rate, 'g', -1, 64), p.Rate > 0)
	f.set("-concurrency", strconv.Itoa(p.Concurrency), p.Concurrency > 0)
	f.set("-count", strconv.Itoa(p.Count), p.Count > 0)
	f.set("-hold", p.Hold.String(), p.Hold > 0)
	f.set("-how", string(p.How), p.How != "")
	options, _ := workload.Options(p.Options).MarshalText() // never fails
	f.set("-options", string(options), len(options) > 0)
	f.set("-every", every, true)
	return f
}

// flags is a command line in the making.
type flags []string

func (f *flags) set(name, value string, given bool) {
	if given {
		*f = append(*f, name+"="+value)
	}
}

func (f *flags) is(name string, on bool) { f.set(name, strconv.FormatBool(on), true) }

func (f *flags) list(name string, values []string) {
	joined := ""
	for i, v := range values {
		if i > 0 {
			joined += ","
		}
		joined += v
	}
	f.set(name, joined, len(values) > 0)
}
