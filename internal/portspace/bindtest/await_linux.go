package bindtest

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/observe/sockdiag"
	"github.com/linger-dev/linger/internal/tcp"
)

// patience is how long the kernel may take for what it does at once.
const patience = 10 * time.Second

// await waits until the port's end of a connection is a mini-socket in this
// state.
func (s *Stage) await(port, far uint16, state tcp.State) error {
	client, err := sockdiag.Open()
	if err != nil {
		return err
	}
	defer client.Close() //nolint:errcheck // only read
	var seen bool
	var there []string
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		seen, there = false, nil
		req := sockdiag.Request{LocalPort: sockdiag.Port(port), RemotePort: sockdiag.Port(far)}
		_, err := client.Dump(context.Background(), req, func(row *evidence.Socket) error {
			there = append(there, row.State.String())
			seen = seen || row.Mini() && row.State == state
			return nil
		}, nil)
		if err != nil || seen {
			return err
		}
	}
	return fmt.Errorf("no %s at port %d, but %v: %w", state, port, there, os.ErrDeadlineExceeded)
}
