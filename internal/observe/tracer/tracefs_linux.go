package tracer

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

const (
	tracefs       = "/sys/kernel/tracing"
	tracefsBefore = "/sys/kernel/debug/tracing" // where some systems have it
)

// tracefsError says why classic tracepoints cannot be found.
type tracefsError struct{ why, hint string }

func (e *tracefsError) Error() string { return e.why }

// withTracefs runs f where classic tracepoints are found. If tracefs is not
// mounted, f runs on a thread that mounts it for itself alone: what was opened
// there goes on to work when the thread and its mounts are gone. Where tracefs
// cannot be had, f is not run, and the error is a *tracefsError.
func withTracefs(f func() error) error {
	for _, path := range []string{tracefs, tracefsBefore} {
		if !isTracefs(path) {
			continue
		}
		if _, err := os.Stat(path + "/events"); err != nil && confidential(lockdown) {
			return &tracefsError{errLocked.Error(), ""}
		} else if err != nil {
			return &tracefsError{"tracefs is for its owner only, and this user is another", "sudo linger trace"}
		}
		return f()
	}
	return onItsOwnThread(func() error {
		const hint = "sudo mount -t tracefs tracefs " + tracefs
		switch err := mountTracefs(); {
		case errors.Is(err, unix.EPERM):
			return &tracefsError{"tracefs is not mounted, and that takes CAP_SYS_ADMIN", hint}
		case err != nil:
			return &tracefsError{"tracefs is not mounted: " + err.Error(), hint}
		}
		return f()
	})
}

func isTracefs(path string) bool {
	var fs unix.Statfs_t
	return unix.Statfs(path, &fs) == nil && fs.Type == unix.TRACEFS_MAGIC
}

// mountTracefs mounts it in a mount namespace of this thread's own. All is made
// private first, or the mount would spread to where it was copied from.
func mountTracefs() error {
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("leave the mount namespace: %w", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	if err := unix.Mount("tracefs", tracefs, "tracefs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mount tracefs: %w", err)
	}
	return nil
}
