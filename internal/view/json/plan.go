package json

import "github.com/linger-dev/linger/internal/remedy"

// PlanSchema names the object of `linger fix`.
const PlanSchema = "linger.plan/1"

// planned is the object of `linger fix`.
type planned struct {
	Schema string `json:"schema"`
	Lang   string `json:"lang"`
	remedy.Plan
	Apply []remedy.Setting `json:"apply"` // what `linger fix --apply` writes
}

// Plan writes the object of `linger fix`.
func (r *Reporter) Plan(p remedy.Plan) error {
	return r.write(planned{Schema: PlanSchema, Lang: p.Lang.String(), Plan: p, Apply: orEmpty(remedy.Changes(p.Kernel()))})
}
