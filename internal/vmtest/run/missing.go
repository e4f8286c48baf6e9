package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// missing says what each lack of a guest is; all are real, none is played.
func missing() map[string]string {
	return map[string]string{
		"tcp_diag":        "neither tcp_diag nor inet_diag can be loaded",
		"tracing":         "an old kernel: BPF and BTF, but not yet what tells the closer",
		"settings":        "an old kernel: settings, counters and options that came later",
		"mptcp":           "an old kernel: no MPTCP",
		"confidentiality": "`lockdown=confidentiality`: nobody may read the kernel's memory",
		"ipv6":            "`ipv6.disable=1`",
		"plain-listeners": "MPTCP listeners, whose connections change state twice in the tracepoint",
		"cgroup-v1":       "control groups of version 2 only",
		"cgroup-v2":       "control groups of version 1 only",
		"whole-cgroup-v2": "control groups of both versions, containers in version 1",
		"cgroups":         "a kernel built without control groups",
		"bpf":             "a kernel built without BPF: no system call, ring buffer, iterator, BTF",
		"btf":             "a kernel built with BPF, but without BTF",
		"hz-250":          "a kernel built with another HZ",
	}
}

// saying is a line that a test of package lacking writes to standard error.
type saying struct {
	Lack, Command, Says string
	Status              int
}

// writeMissing shows what linger said in the guests that lack something, whose
// results lie in a folder.
func writeMissing(w io.Writer, folder string) error {
	var rows [][]string
	for _, v := range variants() {
		version, err := os.ReadFile(filepath.Join(folder, v.Name, "version"))
		if os.IsNotExist(err) {
			continue // it was not booted, or could not be
		}
		if err != nil {
			return fmt.Errorf("read results: %w", err)
		}
		text, err := os.ReadFile(filepath.Join(folder, v.Name, lacking+".err"))
		if err != nil {
			return fmt.Errorf("read results: %w", err)
		}
		kernel := packageVersion(string(version))
		for _, s := range together(sayings(text)) {
			what, _, _ := strings.Cut(s.Lack, "/")
			rows = append(rows, []string{missing()[what], kernel, s.Command, cell(s.Says)})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	fmt.Fprint(w, "\n## What linger says when something is missing\n\nIn guests that really lack it. The number is the exit status.\n")
	writeRows(w, "missing", []column{{name: "kernel"}, {name: "command"}, {name: "says"}}, rows)
	return nil
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// sayings reads the lines that are some: a program that dies writes others.
func sayings(text []byte) (all []saying) {
	for line := range bytes.Lines(text) {
		var s saying
		if json.Unmarshal(line, &s) == nil && s.Says != "" {
			all = append(all, s)
		}
	}
	return all
}

// together joins the commands that say the same where the same is missing.
func together(all []saying) (joined []saying) {
	for _, s := range all {
		s.Command = fmt.Sprintf("`%s` (%d)", s.Command, s.Status)
		at := slices.IndexFunc(joined, func(j saying) bool { return j.Lack == s.Lack && j.Says == s.Says })
		switch {
		case at < 0:
			joined = append(joined, s)
		case !strings.Contains(joined[at].Command, s.Command):
			joined[at].Command += ", " + s.Command
		}
	}
	return joined
}
