// Package claims is the catalogue of what linger says about TIME_WAIT and its
// kin: each claim is a scenario that any reader can play on their own kernel,
// with the change beside it that makes it false.
package claims

import (
	"embed"
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/linger-dev/linger/internal/scenario"
)

//go:embed catalogue
var catalogue embed.FS

// names is the order in which the claims are told: why TIME_WAIT is there, who
// has it, how long, what ends it; what it costs; ports; bind; other states.
func names() []string {
	return []string{
		"lost-last-ack",
		"no-quota-no-last-ack",
		"old-duplicate-refused",
		"old-duplicate-without-time-wait",
		"closer-keeps-time-wait",
		"simultaneous-close",
		"time-wait-with-open-descriptor",
		"file-server-keeps-time-wait",
		"kill-sends-fin-or-reset",
		"reset-instead-of-close",
		"time-wait-lasts-a-minute",
		"repeated-fin-restarts-the-minute",
		"reset-ends-time-wait",
		"syn-reopens-time-wait",
		"syn-without-listener",
		"nat-timestamps-going-back",
		"quota-refuses-the-new",
		"counter-tw-counts-beginnings",
		"syncookies-change-nothing",
		"memory-of-a-time-wait",
		"many-time-waits-cost-no-time",
		"fin-wait2-orphan-life",
		"ports-run-out-exactly",
		"half-range-slowdown",
		"port-range-of-odd-size",
		"reserved-ports-are-skipped",
		"bound-port-poisons",
		"bind-address-no-port",
		"local-port-range-option",
		"tw-reuse",
		"tw-reuse-delay",
		"tw-reuse-needs-timestamps",
		"fin-wait2-is-not-reused",
		"bound-port-takeover",
		"bind-over-inbound-time-wait",
		"bind-over-outbound-time-wait",
		"echo-server-restart",
		"pooling-leaves-no-time-wait",
		"stopped-process-keeps-close-wait",
		"forked-child-keeps-connection",
		"forking-server-forgets-to-close",
		"zombie-holds-no-socket",
		"backlog-overflow",
	}
}

// All returns the whole catalogue in the order in which it is told.
func All() ([]*scenario.File, error) { return Find(names()...) }

// ErrUnknown is wrapped where there is no claim of a name.
var ErrUnknown = errors.New("no such claim")

// Find returns the claims of these names.
func Find(wanted ...string) ([]*scenario.File, error) {
	known := names()
	files := make([]*scenario.File, 0, len(wanted))
	for _, name := range wanted {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("%q: %w", name, ErrUnknown)
		}
		f, err := read(name)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

// Names returns the names of all claims.
func Names() []string { return names() }

// Text returns the scenario file of a claim.
func Text(name string) ([]byte, error) {
	return catalogue.ReadFile(path.Join("catalogue", name+".yaml"))
}

func read(name string) (*scenario.File, error) {
	text, err := Text(name)
	if err != nil {
		return nil, fmt.Errorf("read claim %s: %w", name, err)
	}
	return scenario.Parse(name+".yaml", text)
}
