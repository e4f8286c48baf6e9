package text

import (
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/say"
)

// traced says how many of the sockets that nobody holds were seen being closed.
func (p *page) traced(s *evidence.Snapshot) {
	if s.Traced == nil {
		return
	}
	covered, of := s.Covered()
	if of == 0 {
		return
	}
	what := say.F("TIME_WAIT was observed", "TIME_WAIT 是观察到的")
	if !s.Traced.Exact {
		what = say.F("TIME_WAIT was estimated", "TIME_WAIT 是估计的")
	}
	text := p.say("traced for %s (%s): who made %s of %s lingering sockets was seen",
		"跟踪了 %s（%s）：看到 %s 个残留套接字由谁产生（共 %s 个）",
		span(s.Taken.Sub(s.Traced.Since).Round(100*time.Millisecond)), what, count(covered), count(of))
	if covered < of {
		text += p.say("; the others are older, and theirs is inferred", "；其余的更早，其来源是推断的")
	}
	p.wrap("", text)
}
