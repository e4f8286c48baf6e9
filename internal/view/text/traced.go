package text

import (
	"fmt"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
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
	what := "TIME_WAIT was observed"
	if !s.Traced.Exact {
		what = "TIME_WAIT was estimated"
	}
	text := fmt.Sprintf("traced for %s (%s): who made %s of %s lingering sockets was seen",
		span(s.Taken.Sub(s.Traced.Since).Round(100*time.Millisecond)), what, count(covered), count(of))
	if covered < of {
		text += "; the others are older, and theirs is inferred"
	}
	p.wrap("", text)
}
