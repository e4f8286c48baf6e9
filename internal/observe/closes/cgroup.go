package closes

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/linger-dev/linger/internal/observe/owner"
)

// home is where a process runs.
type home struct{ unit, container, pod string }

// cgroups tells the home of processes that are gone from the number of their
// cgroup, which the kernel gives with each: the inode of its directory.
type cgroups struct {
	root  string // of the cgroup v2 tree; "" where there is none
	v1    bool   // version 1 is in use, of which the kernel tells nothing
	known *recent[uint64, home]
	next  time.Time // the tree is not walked again before
}

const (
	mostCgroups = 4096
	mostWalked  = 20_000 // directories
	walkEvery   = time.Second
	walkShare   = 20 // of the time at most one part in so many is spent on walking
)

func newCgroups() *cgroups {
	c := &cgroups{known: newRecent[uint64, home](mostCgroups)}
	text, _ := os.ReadFile(filepath.Join(proc, "self/cgroup"))
	for line := range strings.Lines(string(text)) {
		c.v1 = c.v1 || !strings.HasPrefix(line, "0::") // only the line of v2 begins so
	}
	for _, root := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
		if _, err := os.Stat(filepath.Join(root, "cgroup.controllers")); err == nil {
			c.root = root
			break
		}
	}
	return c
}

// learn remembers where the processes of a cgroup run. The root's is of no use:
// with cgroup v1 all are in it.
func (c *cgroups) learn(id uint64, h home) {
	if id > rootCgroup {
		c.known.put(id, h)
	}
}

const rootCgroup = 1

// home returns where the processes of a cgroup run, as far as that is known.
func (c *cgroups) home(id uint64) home {
	if id <= rootCgroup || c.root == "" {
		return home{}
	}
	h, ok := c.known.get(id)
	if now := time.Now(); !ok && !now.Before(c.next) {
		c.walk()
		c.next = time.Now().Add(max(walkEvery, walkShare*time.Since(now)))
		h, _ = c.known.get(id)
	}
	return h
}

// walk learns all cgroups that there are now.
func (c *cgroups) walk() {
	seen := 0
	// What cannot be read is not learned; nothing else can fail.
	_ = filepath.WalkDir(c.root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil, !d.IsDir():
			return nil
		case seen >= mostWalked:
			return filepath.SkipAll
		}
		seen++
		info, err := d.Info()
		if err != nil {
			return nil
		}
		var h home
		h.unit, h.container, h.pod = owner.Cgroup("0::" + strings.TrimPrefix(path, c.root) + "\n")
		c.learn(info.Sys().(*syscall.Stat_t).Ino, h)
		return nil
	})
}
