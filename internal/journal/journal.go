package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// DefaultDir is where the entries are.
const DefaultDir = "/var/lib/linger/journal"

// Journal is the journal in one folder. Its methods may be called by several
// goroutines and processes at once: those that change something take turns,
// and wait for one another until their context ends.
type Journal struct {
	Dir   string
	Who   string // what this process does, told to those who have to wait: "linger fix --apply"
	Clock Clock
	// Find returns the settings that an entry is about: FindSpace. The caller
	// closes them.
	Find func(Space) (Tree, error)
	// Winner returns which line of which file sets a key at boot as the files
	// are now, and to what; file is empty if none does. That of sysctl.conf(5)
	// counts as the last, where something reads it.
	Winner func(key string) (file string, line int, value string)
	// Launch starts the guard of an entry, and returns once it is on duty: see
	// Launcher.
	Launch func(ctx context.Context, id int) error
}

// New returns the journal in a folder for this host's kernel. winner and launch
// become the fields of those names: also the guard needs them.
func New(dir, who string, winner func(key string) (file string, line int, value string), launch func(ctx context.Context, id int) error) *Journal {
	return &Journal{Dir: dir, Who: who, Clock: KernelClock{}, Find: FindSpace, Winner: winner, Launch: launch}
}

// entryName is the file of an entry.
func (j *Journal) entryName(id int) string { return filepath.Join(j.Dir, strconv.Itoa(id)+".json") }

// record makes the entry what the journal says.
func (j *Journal) record(e *Entry) error {
	data, err := e.encode()
	if err == nil {
		err = replace(j.entryName(e.ID), data, func(*os.File) error { return nil })
	}
	if err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	if e.State.Ended() {
		_ = os.Remove(watchName(j.Dir, e.ID)) // the guard, if there is one, reads the state and leaves
	}
	return nil
}

// load reads one entry.
func (j *Journal) load(id int) (*Entry, error) {
	path := j.entryName(id)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, refuse(NoEntry, "linger fix --status", "there is no change %d in the journal", "日志里没有编号为 %d 的修改", id)
	}
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	return decode(data, id, path)
}

// Entries returns all entries, oldest first, and an error for each file that
// looks like an entry but cannot be read. It waits for nobody: what it returns
// may be changing.
func (j *Journal) Entries() ([]*Entry, []error) {
	files, err := os.ReadDir(j.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, []error{fmt.Errorf("read the journal: %w", err)}
	}
	var entries []*Entry
	var bad []error
	for _, f := range files {
		name, ok := strings.CutSuffix(f.Name(), ".json")
		if !ok || strings.HasPrefix(name, ".") {
			continue
		}
		id, err := strconv.Atoi(name)
		if err != nil || id < 1 || strconv.Itoa(id) != name {
			bad = append(bad, unreadable(filepath.Join(j.Dir, f.Name()), "its name is not that of an entry", "文件名不是条目的名字"))
			continue
		}
		e, err := j.load(id)
		if err != nil {
			bad = append(bad, err)
			continue
		}
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b *Entry) int { return a.ID - b.ID })
	return entries, bad
}

// nextID returns one more than any file has, readable or not.
func (j *Journal) nextID() (int, error) {
	files, err := os.ReadDir(j.Dir)
	if err != nil {
		return 0, fmt.Errorf("read the journal: %w", err)
	}
	last := 0
	for _, f := range files {
		if id, err := strconv.Atoi(strings.TrimSuffix(f.Name(), ".json")); err == nil {
			last = max(last, id)
		}
	}
	return last + 1, nil
}

// begin takes the lock, reads an entry, and finds its namespace.
func (j *Journal) begin(ctx context.Context, id int) (e *Entry, t Tree, end func(), err error) {
	unlock, err := lock(ctx, j.Dir, j.Who)
	if err != nil {
		return nil, nil, nil, err
	}
	if e, err = j.load(id); err == nil {
		t, err = j.tree(e)
	}
	if err != nil {
		unlock()
		return e, nil, nil, err
	}
	return e, t, func() { _ = t.Close(); unlock() }, nil
}

// tree finds the namespace of an entry.
func (j *Journal) tree(e *Entry) (Tree, error) {
	over, err := j.over(e)
	if err != nil {
		return nil, err
	}
	if !over {
		t, err := j.Find(e.Space)
		if !errors.Is(err, errGone) {
			return t, err
		}
	}
	return nil, refuse(Gone, "linger fix --status",
		"change %d is gone by itself: it was made in %s, which a reboot or its own end has taken away",
		"修改 %d 已自行消失：它做在 %s 里，而该处已因重启或自身结束而不复存在", e.ID, e.Space.Name)
}

// over reports whether a reboot has taken the entry away: values do not
// survive it, and files are for the host.
func (j *Journal) over(e *Entry) (bool, error) {
	boot, _, err := j.Clock.Boot()
	return boot != e.Boot && (!e.Space.Host || !e.fileTouched()), err
}

// expired reports whether the time to confirm has passed, as it has when the
// host was booted anew.
func (j *Journal) expired(e *Entry) (bool, error) {
	boot, now, err := j.Clock.Boot()
	return e.Within > 0 && (boot != e.Boot || now >= e.Deadline), err
}
