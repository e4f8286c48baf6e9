package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/linger-dev/linger/internal/lint"
	"github.com/linger-dev/linger/internal/netns"
	"github.com/linger-dev/linger/internal/observe"
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
	snap, err := o.Look(p.ctx)
	if err != nil {
		return nil, err
	}
	live := lint.LiveOf(&snap.Namespaces[0])
	err = spaces[0].Do(func() error {
		readRest(live)
		return nil
	})
	if live.First && c.Netns == "" {
		live.Has = hasKey
	}
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
