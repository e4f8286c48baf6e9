package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/lint"
	"github.com/linger-dev/linger/internal/netns"
	"github.com/linger-dev/linger/internal/observe"
	"github.com/linger-dev/linger/internal/observe/sockdiag"
	"github.com/linger-dev/linger/internal/observe/sysctl"
)

// live asks the running kernel.
func (c *lintCmd) live(p *program) (*lint.Live, error) {
	if err := onlyLinux(); err != nil {
		return nil, err
	}
	spaces, _, err := netns.Select(c.Netns)
	if err != nil {
		return nil, err
	}
	o := observe.OpenNamespaces(observe.Options{Selector: c.Netns}, spaces...)
	defer o.Close()
	var live *lint.Live
	snap, err := o.Look(p.ctx)
	switch {
	case errors.Is(err, sockdiag.ErrNoModule):
		live, err = unlisted(spaces[0])
	case err == nil:
		live = lint.LiveOf(&snap.Namespaces[0])
	}
	if err != nil {
		return nil, err
	}
	err = spaces[0].Do(func() error {
		readRest(live)
		return nil
	})
	if live.First && c.Netns == "" {
		live.Has = hasKey
	}
	return live, err
}

// unlisted reads settings and counters where the kernel cannot list sockets.
func unlisted(space *netns.Namespace) (*lint.Live, error) {
	const proc = "/proc"
	var ns evidence.Namespace
	err := space.Do(func() error {
		ns.Settings, _ = sysctl.Read(proc)
		ns.Counters, _ = sysctl.Counters(proc)
		return nil
	})
	live := lint.LiveOf(&ns)
	live.Unlisted = true
	return live, err
}

// readRest reads the keys that a look does not, in the namespace of the calling
// thread. One that may not be read is left out.
func readRest(live *lint.Live) {
	for _, key := range lint.Keys() {
		if _, known := live.Values[key]; known || live.Absent[key] {
			continue
		}
		data, err := os.ReadFile(filepath.Join("/proc/sys", lint.ProcPath(key)))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			live.Absent[key] = true
		case err == nil:
			live.Values[key] = strings.TrimSpace(string(data))
		}
	}
}

// hasKey asks whether the running kernel has a key, whose name comes from a
// stranger.
func hasKey(key string) bool {
	name := lint.ProcPath(key)
	if !filepath.IsLocal(name) {
		return false
	}
	_, err := os.Stat(filepath.Join("/proc/sys", name))
	return err == nil
}
