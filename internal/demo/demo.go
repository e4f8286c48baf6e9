// Package demo makes real problems with lingering sockets in private network
// namespaces and shows what linger says of them.
//
// Nothing of the host's own network is touched. The namespaces have no names:
// they live as long as the demonstration's processes, and these are killed
// with it, so that nothing is left behind however it ends.
package demo

import (
	"context"
	"io"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/observe"
	"github.com/linger-dev/linger/internal/view"
)

// Options are what a demonstration is given by the command line.
type Options struct {
	Out        io.Writer
	Executable string // linger's own binary: it runs the clients and servers
	// Judge turns a look into a report, as `linger check` does it.
	Judge func(context.Context, *observe.Observer, *evidence.Snapshot) (view.Report, error)
	Show  view.Reporter
}
