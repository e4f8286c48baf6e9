package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

type versionCmd struct{}

// Run prints the version and what it was built with.
func (*versionCmd) Run(p *program) error {
	_, err := fmt.Fprintln(p.out, versionLine())
	return err
}

func versionLine() string {
	return fmt.Sprintf("linger %s %s/%s %s", version(), runtime.GOOS, runtime.GOARCH, runtime.Version())
}

// version is the module's, or the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return info.Main.Version
}
