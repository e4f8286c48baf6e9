package vmtest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// unpack takes the kernel and the wanted modules out of packages that lie in
// folder, and puts them as "vmlinuz" and "modules/*.ko" into dir.
func unpack(ctx context.Context, dir, folder string, packages []string) (Kernel, error) {
	root := filepath.Join(folder, "root")
	for _, p := range packages {
		if _, err := run(ctx, "", nil, "dpkg-deb", "-x", p, root); err != nil {
			return Kernel{}, err
		}
	}
	found, err := find(root)
	if err != nil {
		return Kernel{}, err
	}
	if err := os.MkdirAll(filepath.Join(dir, "modules"), 0o755); err != nil {
		return Kernel{}, fmt.Errorf("unpack kernel: %w", err)
	}
	if err := copyFile(filepath.Join(dir, "vmlinuz"), found.image); err != nil {
		return Kernel{}, err
	}
	bodies := map[string][]byte{}
	order, unknown, err := inOrder(wantedModules(), func(name string) ([]string, bool, error) {
		file := found.modules[name]
		if file == "" {
			return nil, false, nil
		}
		body, err := plain(ctx, file)
		if err != nil {
			return nil, true, err
		}
		bodies[name] = body
		needed, err := depends(body)
		return needed, true, err
	})
	if err != nil {
		return Kernel{}, err
	}
	for _, name := range order {
		if err := os.WriteFile(filepath.Join(dir, "modules", name+".ko"), bodies[name], 0o644); err != nil {
			return Kernel{}, fmt.Errorf("unpack kernel: %w", err)
		}
	}
	missing := slices.DeleteFunc(unknown, func(name string) bool { return found.builtIn[name] })
	return Kernel{Modules: order, Missing: missing}, nil
}

// contents is what a kernel's packages hold.
type contents struct {
	image   string            // path of vmlinuz
	modules map[string]string // paths by name
	builtIn map[string]bool
}

// find looks through an unpacked kernel. Old packages have vmlinuz in /boot,
// new ones beside the modules, which moved from /lib to /usr/lib.
func find(root string) (contents, error) {
	c := contents{modules: map[string]string{}, builtIn: map[string]bool{}}
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		base := filepath.Base(file)
		switch {
		case strings.HasPrefix(base, "vmlinuz"):
			c.image = file
		case base == "modules.builtin":
			text, err := os.ReadFile(file)
			for name := range strings.FieldsSeq(string(text)) {
				c.builtIn[moduleName(name)] = true
			}
			return err
		case strings.Contains(base, ".ko"):
			c.modules[moduleName(file)] = file
		}
		return nil
	})
	if err == nil && c.image == "" {
		err = errors.New("no vmlinuz in the kernel's packages")
	}
	return c, err
}

// plain returns a module as the kernel loads it. Debian compresses them since
// 6.12; a signature is inside and stays valid.
func plain(ctx context.Context, file string) ([]byte, error) {
	if strings.HasSuffix(file, ".ko") {
		return os.ReadFile(file)
	}
	return run(ctx, "", nil, "xz", "-dc", file)
}

func copyFile(to, from string) error {
	body, err := os.ReadFile(from)
	if err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	if err := os.WriteFile(to, body, 0o644); err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	return nil
}
