package rawpeer

import (
	"math/rand/v2"

	"github.com/linger-dev/linger/internal/tcp"
)

// path decides the fate of segments. Each rule counts the matching segments
// that reach it; one that it disturbs reaches no later rule.
type path struct {
	rules []*ruleState
	held  [Raw + 1][]*passage // by sender: what waits for its next segment
}

type ruleState struct {
	Rule
	skipped, done int
	dice          *rand.Rand
}

func (p *path) add(r Rule) *ruleState {
	s := &ruleState{Rule: r, dice: rand.New(rand.NewPCG(r.Seed, r.Seed))}
	if s.Times == 0 {
		s.Times = 1
	}
	p.rules = append(p.rules, s)
	return s
}

func (p *path) remove(s *ruleState) {
	for i, r := range p.rules {
		if r == s {
			p.rules = append(p.rules[:i], p.rules[i+1:]...)
			return
		}
	}
}

// disturb returns the rule that applies to a segment, or false.
func (p *path) disturb(from Side, f tcp.Flags, data int) (Rule, bool) {
	for _, r := range p.rules {
		if r.applies(from, f, data) {
			return r.Rule, true
		}
	}
	return Rule{}, false
}

func (r *ruleState) applies(from Side, f tcp.Flags, data int) bool {
	if r.From != 0 && r.From != from || r.Times >= 0 && r.done >= r.Times || !r.Match.Matches(f, data) {
		return false
	}
	if r.skipped < r.Skip {
		r.skipped++
		return false
	}
	if r.Chance > 0 && r.dice.Float64() >= r.Chance {
		return false
	}
	r.done++
	return true
}
