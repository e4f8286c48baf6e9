package cli

import (
	"fmt"
	"os"

	"github.com/linger-dev/linger/internal/netlab"
)

// private prepares for private networks. Without the rights to make them it
// runs linger again as root of a user namespace, and returns its exit status
// as an error.
func (p *program) private() (executable string, err error) {
	if err := onlyLinux(); err != nil {
		return "", err
	}
	if netlab.Allowed() != nil {
		code, err := netlab.Reexec(p.ctx, os.Args[1:])
		if err != nil {
			return "", err
		}
		return "", exitCode(code)
	}
	executable, err = os.Executable()
	if err != nil {
		return "", fmt.Errorf("find linger's own binary: %w", err)
	}
	return executable, nil
}
