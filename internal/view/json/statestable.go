package json

import "github.com/linger-dev/linger/internal/tcp"

// StatesTableSchema names the object of `linger explain states`.
const StatesTableSchema = "linger.states-table/1"

// transition is a tcp.Transition in words.
type transition struct {
	From    tcp.State `json:"from"`
	Event   string    `json:"event"`
	Sends   []string  `json:"sends"`
	To      tcp.State `json:"to"`
	Section string    `json:"section"`
}

// StatesTable writes the object of `linger explain states`; linux says that
// the machine follows Linux where it departs from the RFCs.
func (r *Reporter) StatesTable(transitions []tcp.Transition, linux bool) error {
	rows := make([]transition, len(transitions))
	for i, t := range transitions {
		rows[i] = transition{t.From, t.Event, make([]string, len(t.Sends)), t.To, t.Section}
		for j, flags := range t.Sends {
			rows[i].Sends[j] = flags.String()
		}
	}
	return r.write(struct {
		Schema      string       `json:"schema"`
		Linux       bool         `json:"linux"`
		Transitions []transition `json:"transitions"`
	}{StatesTableSchema, linux, rows})
}
