package vmtest

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// PlanPath is where the guest finds its Plan.
const PlanPath = "/vmtest.json"

// Plan is what the first process of a guest does.
type Plan struct {
	Cgroups  Cgroups
	Modules  []string // files to load, in order
	Programs []Program
}

// Program is a program to run in a guest. In a Plan of the guest its paths are
// the guest's; in one given to Boot, the host's.
type Program struct {
	Name  string // of the result; also the folder in which it runs
	File  string // must be static
	Args  []string
	Env   []string      // NAME=value, beside PATH, HOME and TMPDIR
	Data  string        // a folder that it finds as "testdata"; may be empty
	Tools []string      // other programs, which it finds in its folder
	Limit time.Duration // in the guest's time; then all processes are killed
}

// pack writes the initramfs of a guest that runs the programs on a kernel.
func (m *Machine) pack(out io.Writer, k Kernel, programs []Program) error {
	w := &cpioWriter{out: out}
	for _, dir := range []string{"dev", "proc", "sys", "run", "tmp", "etc", "root", "modules", "programs"} {
		w.folder(dir)
	}
	w.device("dev/console", 5, 1)
	add(w, "init", 0o755, m.Guest)
	text(w, "etc/passwd", "root:x:0:0:root:/root:/bin/false\nnobody:x:65534:65534:nobody:/:/bin/false\n")
	text(w, "etc/group", "root:x:0:\nnogroup:x:65534:\n")
	text(w, "etc/hosts", "127.0.0.1 localhost\n")
	borrow(w, m.Borrowed)
	plan := Plan{Cgroups: m.Cgroups}
	for _, name := range k.Modules {
		file := "modules/" + name + ".ko"
		add(w, file, 0o644, filepath.Join(k.Dir, file))
		plan.Modules = append(plan.Modules, "/"+file)
	}
	for _, p := range programs {
		plan.Programs = append(plan.Programs, p.pack(w))
	}
	body, err := json.Marshal(plan)
	if err != nil {
		return fmt.Errorf("write plan: %w", err)
	}
	text(w, strings.TrimPrefix(PlanPath, "/"), string(body))
	if err := w.close(); err != nil {
		return fmt.Errorf("write initramfs: %w", err)
	}
	return nil
}

// pack adds a program with its data, and returns it with the guest's paths.
func (p Program) pack(w *cpioWriter) Program {
	dir := path.Join("programs", p.Name)
	w.folder(dir)
	add(w, path.Join(dir, path.Base(p.File)), 0o755, p.File)
	p.File = "/" + path.Join(dir, path.Base(p.File))
	for _, tool := range p.Tools {
		add(w, path.Join(dir, path.Base(tool)), 0o755, tool)
	}
	if p.Data == "" {
		return p
	}
	to := path.Join(dir, "testdata")
	err := filepath.WalkDir(p.Data, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(p.Data, file)
		switch name := path.Join(to, filepath.ToSlash(relative)); {
		case err != nil:
			return err
		case entry.IsDir():
			w.folder(name)
		case entry.Type().IsRegular():
			add(w, name, 0o644, file)
		}
		return nil
	})
	if err != nil && w.err == nil {
		w.err = err
	}
	p.Data = "/" + to
	return p
}

func text(w *cpioWriter, name, body string) {
	w.file(name, 0o644, int64(len(body)), strings.NewReader(body))
}

// add adds a file of the host.
func add(w *cpioWriter, name string, mode int, file string) {
	if w.err != nil {
		return
	}
	in, err := os.Open(file)
	if err != nil {
		w.err = err
		return
	}
	defer func() { _ = in.Close() }()
	info, err := in.Stat()
	if err != nil {
		w.err = err
		return
	}
	w.file(name, mode, info.Size(), in)
}

// programDir returns the folder of the guest in which a program runs.
func programDir(name string) string { return path.Join("/programs", name) }

// Environment returns the environment of a program in the guest.
func (p Program) Environment() []string {
	return slices.Concat([]string{"PATH=/bin:/sbin", "HOME=/root", "TMPDIR=/tmp", "PWD=" + p.Folder()}, p.Env)
}

// Folder returns where a program runs in the guest.
func (p Program) Folder() string { return programDir(p.Name) }
