package tui

import (
	"strings"

	"github.com/linger-dev/linger/internal/forecast"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/view"
)

// future says what a simulated kernel makes of the destination's traffic, now
// and if there were more of it.
func (s *sheet) future(f *forecast.Forecast, g *view.Group) {
	if f == nil {
		return
	}
	told := f.Group(g.Namespace, g.Budget.Key)
	if told == nil {
		return
	}
	var parts []string
	for _, one := range []struct {
		at      string
		outlook *forecast.Outlook
	}{{"at this rate", told.AsIs}, {"at twice", told.Twice}, {"at ten times", told.Ten}} {
		if one.outlook != nil {
			parts = append(parts, one.at+" "+outlook(one.outlook))
		}
	}
	s.fact("forecast", "full "+strings.Join(parts, "; "))
}

func outlook(o *forecast.Outlook) string {
	switch {
	case o.Never:
		return "never"
	case o.In == 0:
		return "now"
	}
	return "in " + rule.About(o.In)
}
