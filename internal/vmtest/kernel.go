package vmtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Kernel is a kernel in the cache.
type Kernel struct {
	Series  string   // as it was asked for: "6.1", or Newest
	Release string   // as uname -r prints it
	Dir     string   // holds vmlinuz and modules/NAME.ko
	Modules []string // names, in the order in which they must be loaded
	Missing []string // wanted modules that this kernel neither has nor has built in
}

// UnavailableError says that kernels cannot be had or booted on this machine;
// tests then are skipped with it as the reason.
type UnavailableError struct {
	Err  error
	Hint string // a sentence on what would help; may be empty
}

// Error returns the reason, with the hint.
func (e *UnavailableError) Error() string {
	if e.Hint == "" {
		return e.Err.Error()
	}
	return e.Err.Error() + "; " + e.Hint
}

// Unwrap returns the reason.
func (e *UnavailableError) Unwrap() error { return e.Err }

// Cache is a folder that keeps kernels between runs. One process may use it at
// a time.
type Cache struct {
	Dir    string
	Update bool         // look for newer kernels than those in the cache
	Make   bool         // build kernels that are in no package
	Log    func(string) // is told what takes long; may be nil
}

// Kernels returns a kernel for each series, in that order, and fetches those
// that the cache does not have. A series that Debian does not offer is an
// error, as is anything else that fails: *UnavailableError, if the network or a
// tool is missing.
func (c *Cache) Kernels(ctx context.Context, series []string) ([]Kernel, error) {
	chosen := c.chosen()
	var lacking []string
	for _, s := range series {
		if _, err := c.load(chosen[s]); err != nil || c.Update {
			lacking = append(lacking, s)
		}
	}
	if len(lacking) > 0 {
		if err := c.fetch(ctx, lacking, chosen); err != nil {
			return nil, err
		}
	}
	kernels := make([]Kernel, 0, len(series))
	for _, s := range series {
		k, err := c.load(chosen[s])
		if err != nil {
			return nil, err
		}
		k.Series = s
		kernels = append(kernels, k)
	}
	return kernels, nil
}

func (c *Cache) log(format string, args ...any) {
	if c.Log != nil {
		c.Log(fmt.Sprintf(format, args...))
	}
}

// chosen returns the releases that were chosen for series at earlier times.
func (c *Cache) chosen() map[string]string {
	chosen := map[string]string{}
	if text, err := os.ReadFile(filepath.Join(c.Dir, "chosen.json")); err == nil {
		_ = json.Unmarshal(text, &chosen) // a broken file costs a fetch, no more
	}
	return chosen
}

// load reads a kernel of the cache. Its description is written last, so what
// is there is whole.
func (c *Cache) load(release string) (k Kernel, err error) {
	if release == "" {
		return k, fs.ErrNotExist
	}
	dir := filepath.Join(c.Dir, release)
	text, err := os.ReadFile(filepath.Join(dir, "kernel.json"))
	if err != nil {
		return k, fmt.Errorf("read cached kernel: %w", err)
	}
	if err := json.Unmarshal(text, &k); err != nil {
		return k, fmt.Errorf("read cached kernel %s: %w", release, err)
	}
	k.Dir = dir
	return k, nil
}

// fetch chooses releases and fetches those that are not there.
func (c *Cache) fetch(ctx context.Context, series []string, chosen map[string]string) error {
	const hint = "fetching kernels needs apt with Debian's servers, dpkg-deb and xz"
	c.log("asks Debian for kernels")
	dir, err := os.MkdirTemp("", "linger-apt-")
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	a, err := newApt(ctx, dir)
	if err != nil {
		return &UnavailableError{err, hint}
	}
	updated := a.update(ctx)
	images, err := a.images(ctx)
	if err != nil || len(images) == 0 {
		return &UnavailableError{errors.Join(errors.New("the list of Debian's kernels cannot be had"), updated, err), hint}
	}
	offered := choose(images, series)
	for _, s := range series {
		release := offered[s]
		if release == "" {
			return fmt.Errorf("no kernel %s among those that Debian offers", s)
		}
		if _, err := c.load(release); err != nil {
			c.log("fetches kernel %s", release)
			if err := c.add(ctx, a, release); err != nil {
				return &UnavailableError{fmt.Errorf("fetch kernel %s: %w", release, err), hint}
			}
		}
		chosen[s] = release
	}
	text, err := json.MarshalIndent(chosen, "", "\t")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(c.Dir, "chosen.json"), text, 0o644); err != nil {
		return fmt.Errorf("keep what was chosen: %w", err)
	}
	return nil
}

// add fetches one kernel into the cache.
func (c *Cache) add(ctx context.Context, a *apt, release string) error {
	folder, err := os.MkdirTemp("", "linger-kernel-")
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	parts, err := a.parts(ctx, release)
	if err != nil {
		return err
	}
	packages, err := a.download(ctx, folder, parts)
	base := func(part string) bool { return strings.HasPrefix(part, "linux-base-") }
	if err != nil && slices.ContainsFunc(parts, base) {
		// Of 6.18.15 Debian had the rest still, and this no more. Modules that
		// were in it are missing then, which the guest says.
		packages, err = a.download(ctx, folder, slices.DeleteFunc(parts, base))
	}
	if err != nil {
		return err
	}
	dir := filepath.Join(c.Dir, release)
	k, err := unpack(ctx, dir, folder, packages)
	if err != nil {
		return err
	}
	k.Release = release
	text, err := json.MarshalIndent(k, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "kernel.json"), text, 0o644)
}
