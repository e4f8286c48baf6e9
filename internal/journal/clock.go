package journal

import "time"

// Clock tells the time. A test has its own.
type Clock interface {
	// Now is for humans: it may jump.
	Now() time.Time
	// Boot returns which boot this is and how long it has lasted, suspended or
	// not.
	Boot() (id string, since time.Duration, err error)
}
