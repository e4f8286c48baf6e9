package sysctl

import (
	"math"

	"golang.org/x/sys/unix"
)

// HZ returns CONFIG_HZ, how many timer interrupts a second the kernel counts
// in, or 0 if it cannot be told. The coarse monotonic clock advances once per
// such tick, so its resolution is 1/HZ s (posix_get_coarse_res,
// kernel/time/posix-timers.c); a kernel that only imitates Linux gives
// something implausible.
func HZ() int {
	var res unix.Timespec
	if err := unix.ClockGetres(unix.CLOCK_MONOTONIC_COARSE, &res); err != nil || res.Sec != 0 {
		return 0
	}
	return hzOf(res.Nsec)
}

// hzOf accepts what kernels are built with: 24 (MIPS) to 1200 (Alpha).
func hzOf(nanoseconds int64) int {
	if nanoseconds <= 0 {
		return 0
	}
	hz := int(math.Round(1e9 / float64(nanoseconds)))
	if hz < 24 || hz > 1200 {
		return 0
	}
	return hz
}
