package lab

import (
	"fmt"

	"github.com/linger-dev/linger/internal/claims"
)

// refuted ends a play: the kernel did not do what was expected.
type refuted struct{ measure claims.Measure }

func (r *refuted) Error() string {
	return fmt.Sprintf("line %d: %s: got %s", r.measure.Line, r.measure.Step, r.measure.Got)
}

// untestable ends a play: something that it needs is not here.
type untestable struct {
	why  string
	hint string
}

func (u *untestable) Error() string { return u.why }
