package closes

import (
	"time"

	"golang.org/x/sys/unix"
)

// wall returns the moment that lies so long after boot. It is worked out anew
// each time, as the wall clock may be set.
func wall(boot time.Duration) time.Time {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts) != nil {
		return time.Time{}
	}
	return time.Now().Add(boot - time.Duration(ts.Nano())).Round(0)
}
