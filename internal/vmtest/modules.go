package vmtest

import (
	"bytes"
	"debug/elf"
	"fmt"
	"path"
	"strings"
)

// wantedModules are what the tests use and Debian does not build in. Those that
// a kernel has built in or does not have are no error.
func wantedModules() []string {
	return []string{"inet_diag", "tcp_diag", "veth", "dummy", "tun", "af_packet", "sch_netem"}
}

// moduleName returns the name of a module by its file; the kernel takes a
// hyphen for an underscore.
func moduleName(file string) string {
	name, _, _ := strings.Cut(path.Base(file), ".ko")
	return strings.ReplaceAll(name, "-", "_")
}

// depends returns the names of the modules that a module says it needs.
func depends(module []byte) ([]string, error) {
	file, err := elf.NewFile(bytes.NewReader(module))
	if err != nil {
		return nil, fmt.Errorf("read module: %w", err)
	}
	section := file.Section(".modinfo")
	if section == nil {
		return nil, nil
	}
	info, err := section.Data()
	if err != nil {
		return nil, fmt.Errorf("read module: %w", err)
	}
	for field := range strings.SplitSeq(string(info), "\x00") {
		if names, is := strings.CutPrefix(field, "depends="); is && names != "" {
			return strings.Split(strings.ReplaceAll(names, "-", "_"), ","), nil
		}
	}
	return nil, nil
}

// inOrder returns wanted and all that they need, each after what it needs. needs
// returns nothing for a name that is no module.
func inOrder(wanted []string, needs func(name string) (needed []string, known bool, err error)) (order, unknown []string, err error) {
	seen := map[string]bool{}
	var visit func(name string) error
	visit = func(name string) error {
		if seen[name] {
			return nil
		}
		seen[name] = true
		needed, known, err := needs(name)
		if err != nil {
			return fmt.Errorf("module %s: %w", name, err)
		}
		if !known {
			unknown = append(unknown, name)
			return nil
		}
		for _, n := range needed {
			if err := visit(n); err != nil {
				return err
			}
		}
		order = append(order, name)
		return nil
	}
	for _, name := range wanted {
		if err := visit(name); err != nil {
			return nil, nil, err
		}
	}
	return order, unknown, nil
}
