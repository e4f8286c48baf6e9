package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// meaning says what a setting, counter or ability is for a user of linger.
func meaning() map[string]string {
	return map[string]string{
		"ability option IP_LOCAL_PORT_RANGE":        "without it a program cannot narrow its own range of ports",
		"ability BTF of the kernel":                 "without it nothing can be traced",
		"ability SOCK_DESTROY of a TIME_WAIT":       "without it nothing but its peer can end one (ss -K)",
		"ability MPTCP":                             "with it Go's listeners are MPTCP, whose connections change state twice in the tracepoint",
		"setting net.ipv4.tcp_tw_reuse_delay":       "without it a TIME_WAIT can be taken over after a tick of one second",
		"setting net.ipv4.tcp_child_ehash_entries":  "without it a look at a namespace walks the table of the whole machine",
		"setting net.ipv4.tcp_ehash_entries":        "without it the table's size is only in the kernel's log",
		"setting net.ipv4.ip_local_port_step_width": "changes the order in which connect() tries ports",
		"setting net.ipv4.tcp_migrate_req":          "with it queued connections move to another listener with SO_REUSEPORT",
		"counter PAWSTimewait":                      "without it what TIME_WAIT refuses for its timestamp is counted in PAWSEstab",
		"counter TCPMigrateReqSuccess":              "connections that moved to another listener",
		"counter TCPMigrateReqFailure":              "connections that could not move",
	}
}

// ofTheMachine reports whether a setting follows from the machine's memory or
// modules, rather than from its kernel.
func ofTheMachine(name string) bool {
	return slices.Contains([]string{
		"setting net.ipv4.tcp_mem", "setting net.ipv4.tcp_rmem", "setting net.ipv4.tcp_wmem", "setting net.ipv4.tcp_available_ulp",
	}, name)
}

// writeFacts shows what not all kernels have, or have with another value: what
// matters to linger in a table, the rest as names.
func writeFacts(w io.Writer, columns []column) {
	probed := slices.DeleteFunc(slices.Clone(columns), func(c column) bool { return len(c.facts) == 0 })
	all := map[string]bool{}
	for _, c := range probed {
		for name := range c.facts {
			if !strings.HasPrefix(name, hook) {
				all[name] = !ofTheMachine(name)
			}
		}
	}
	var rows [][]string
	var others []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		_, short, _ := strings.Cut(name, " ")
		row := []string{short}
		for _, c := range probed {
			row = append(row, cmp.Or(c.facts[name], "–"))
		}
		switch says := meaning()[name]; {
		case !all[name] || len(slices.Compact(slices.Clone(row[1:]))) < 2:
		case says != "":
			row[0] += ": " + says
			rows = append(rows, row)
		default:
			others = append(others, short+" ("+strings.Join(row[1:], ", ")+")")
		}
	}
	fmt.Fprint(w, "\n## What kernels have and lack\n\nA value is the first one of the setting.\n")
	writeRows(w, "ability, counter or setting", probed, rows)
	if len(others) > 0 {
		fmt.Fprintf(w, "\nThese differ too, in the order of the columns: %s.\n", strings.Join(others, "; "))
	}
}

// hook begins the names of facts about what can be watched.
const hook = "hook "

// writeHooks shows what the tracer can watch, all of it.
func writeHooks(w io.Writer, columns []column) {
	loses := map[string]string{}
	for _, c := range columns {
		maps.Copy(loses, c.loses)
	}
	var rows [][]string
	for _, name := range slices.Sorted(maps.Keys(loses)) {
		row := []string{"`" + strings.TrimPrefix(name, hook) + "`: without it " + loses[name]}
		for _, c := range columns {
			row = append(row, cmp.Or(c.facts[name], "–"))
		}
		rows = append(rows, row)
	}
	fmt.Fprint(w, "\n## What can be watched\n\nThe hooks of the tracer, with the release from which each works or is needed.\n")
	writeRows(w, "hook", columns, rows)
}
