package owner

import (
	"slices"
	"strings"
)

// Cgroup reads /proc/PID/cgroup, of cgroup v1, v2 or both, and returns the
// innermost systemd unit, container id (of LXC and nspawn: name) and
// Kubernetes pod uid that the paths name; "" for each that they do not.
//
// The scope that systemd makes for a container is not returned as its unit,
// as it says no more than the container's id. A unit's name is returned with
// systemd's \xNN escapes undone, for reading: systemctl wants them back.
//
// Inside a cgroup namespace the paths begin at its root, so a process in the
// reader's own container shows no container; others begin with "/../".
func Cgroup(text string) (unit, container, pod string) {
	paths := cgroupPaths(text)
	for _, path := range paths {
		p := readPath(path)
		if p.container != "" || p.pod != "" {
			return p.bestUnit(), p.container, p.pod
		}
		if unit == "" {
			unit = p.bestUnit()
		}
	}
	return unit, "", ""
}

// cgroupPaths returns the paths of all hierarchies, those that systemd keeps
// its units in first: v1's "name=systemd", then v2, then the v1 controllers.
func cgroupPaths(text string) []string {
	type ranked struct {
		path string
		rank int
	}
	var all []ranked
	for line := range strings.Lines(text) {
		parts := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(parts) < 3 {
			continue
		}
		rank := 2
		switch {
		case parts[1] == "name=systemd":
			rank = 0
		case parts[0] == "0" && parts[1] == "":
			rank = 1
		}
		// The kernel marks a v2 group that was removed.
		all = append(all, ranked{strings.TrimSuffix(parts[2], " (deleted)"), rank})
	}
	slices.SortStableFunc(all, func(a, b ranked) int { return a.rank - b.rank })
	paths := make([]string, len(all))
	for i, r := range all {
		paths[i] = r.path
	}
	return paths
}

// place is what one cgroup path says.
type place struct {
	service   string // innermost unit that runs processes of its own
	manager   string // a systemd instance: init.scope, user@UID.service
	slice     string
	container string
	pod       string
}

// bestUnit returns the unit that tells most. A systemd instance or a slice
// around a container tells nothing of it.
func (p place) bestUnit() string {
	switch {
	case p.service != "":
		return p.service
	case p.container != "" || p.pod != "":
		return ""
	case p.manager != "":
		return p.manager
	}
	return p.slice
}

// readPath reads a path from the outside in; what is further in wins.
func readPath(path string) place {
	var p place
	elems := strings.Split(path, "/")
	for i, raw := range elems {
		before, after := "", ""
		if i > 0 {
			before = elems[i-1]
		}
		if i+1 < len(elems) {
			after = elems[i+1]
		}
		elem := strings.TrimPrefix(raw, "_") // systemd's guard for names that clash with the kernel's, such as cpu.service
		if uid := podOf(elem); uid != "" {
			p.pod = uid
		}
		if id := containerOf(elem, before, after); id != "" {
			p = place{service: p.service, container: id, pod: p.pod}
			if !strings.HasSuffix(elem, ".service") {
				continue
			}
		}
		p.addUnit(unescapeUnit(elem))
	}
	return p
}

func (p *place) addUnit(name string) {
	dot := strings.LastIndexByte(name, '.')
	if dot <= 0 {
		return
	}
	switch name[dot:] {
	case ".service", ".scope", ".socket", ".mount", ".swap":
		switch {
		case strings.HasPrefix(name, "user@") && strings.HasSuffix(name, ".service"):
			p.manager = name
		case name == "init.scope":
			if p.manager == "" { // within user@UID.service it is that service's main process
				p.manager = name
			}
		default:
			p.service = name
		}
	case ".slice":
		p.slice = name
	}
}

// unescapeUnit undoes systemd's escapes \xNN.
func unescapeUnit(name string) string {
	if !strings.Contains(name, `\x`) {
		return name
	}
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		if i+3 < len(name) && name[i] == '\\' && name[i+1] == 'x' {
			hi, lo := hexDigit(name[i+2]), hexDigit(name[i+3])
			if hi >= 0 && lo >= 0 {
				b.WriteByte(byte(hi<<4 | lo))
				i += 3
				continue
			}
		}
		b.WriteByte(name[i])
	}
	return b.String()
}

func hexDigit(c byte) int {
	return strings.IndexByte("0123456789abcdef", c)
}
