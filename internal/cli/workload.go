package cli

import (
	"os"

	"github.com/linger-dev/linger/internal/workload"
)

// workloadCmd runs the programs of demonstrations and scenarios from linger's
// own binary, so that they need nothing installed.
type workloadCmd struct {
	Args []string `arg:"" optional:""`
}

// Run runs one program until it ends or linger is interrupted.
func (c *workloadCmd) Run(p *program) error {
	if len(c.Args) == 0 {
		return workload.Run(p.ctx, "", nil, p.out)
	}
	// Best effort: who looks at the process shall see what it is.
	_ = os.WriteFile("/proc/self/comm", []byte(c.Args[0]), 0)
	return workload.Run(p.ctx, c.Args[0], c.Args[1:], p.out)
}
