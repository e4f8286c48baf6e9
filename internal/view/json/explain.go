package json

import "github.com/linger-dev/linger/internal/explain"

// ExplainSchema names the object of `linger explain`.
const ExplainSchema = "linger.explain/1"

// Topics writes the object of `linger explain`: topics whole, in all
// languages.
func (r *Reporter) Topics(list []explain.Topic) error {
	return r.write(struct {
		Schema string          `json:"schema"`
		Topics []explain.Topic `json:"topics"`
	}{ExplainSchema, orEmpty(list)})
}
