package journal

import "slices"

// ToConfirm returns the newest entry that waits to be confirmed, for a user who
// names none.
func (j *Journal) ToConfirm() (int, error) {
	return j.newest(func(e *Entry) bool { return e.State == Pending || e.State == Confirming },
		refuse(NoEntry, "linger fix --status", "no change waits to be confirmed", "没有等待确认的修改"))
}

// ToUndo returns the newest entry that has not ended, for a user who names none.
func (j *Journal) ToUndo() (int, error) {
	return j.newest(func(e *Entry) bool { return !e.State.Ended() },
		refuse(NoEntry, "linger fix --status", "there is no change to undo", "没有可撤销的修改"))
}

// newest refuses to guess beside an entry that cannot be read.
func (j *Journal) newest(fits func(*Entry) bool, none error) (int, error) {
	entries, bad := j.Entries()
	if len(bad) > 0 {
		return 0, bad[0]
	}
	for _, e := range slices.Backward(entries) {
		if fits(e) {
			return e.ID, nil
		}
	}
	return 0, none
}
