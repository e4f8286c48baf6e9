// Package closewaitleak finds programs that do not close connections whose
// peers have closed.
package closewaitleak

import (
	"fmt"
	"slices"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/tcp"
)

const (
	// few is more than the handful of connections that any busy program has
	// between reading the end of a stream and closing it.
	few = 3
	// many is beyond that handful even at thousands of closes per second.
	many = 100
	// slow is much longer than a program needs to notice the end of a stream.
	// If even the youngest has waited so long, nobody is closing.
	slow = 5 * time.Second
	// stuck is longer than most programs take to finish an answer after their
	// peer has half-closed. If the oldest has waited so long, it was forgotten.
	stuck = time.Minute
)

// Rule returns the rule.
func Rule() rule.Rule {
	return rule.Rule{
		Code:  "close-wait-leak",
		Title: "a program does not close connections that its peers have closed",
		Why: "CLOSE_WAIT means that the peer has sent its FIN and this program has not called close(). " +
			"The kernel has no timer for it: it lasts until the program closes or exits, the peer resets, or keepalive, where the program enabled it, finds the peer gone. " +
			"Each one holds a descriptor and about 2.4 KiB of kernel memory.",
		References: []string{
			"RFC 9293 section 3.6, case 2",
			"net/ipv4/tcp_input.c, tcp_fin",
			"tcp(7), SO_KEEPALIVE and TCP_KEEPIDLE",
		},
		Helps: []rule.Advice{
			{Do: "close the connection when read() returns 0, on every path, errors and timeouts included", Because: "nothing else ends CLOSE_WAIT in an orderly way"},
			{Do: "give every read and write a deadline", Because: "a program that waits for ever for something else never reads the end of the stream"},
			{Do: "restart the program until it is mended", Because: "its descriptors are closed when it exits"},
		},
		NotHelp: folklore(),
		Check:   check,
	}
}

func folklore() []rule.Advice {
	return []rule.Advice{
		{Do: "lower tcp_fin_timeout or set tcp_tw_reuse", Because: "the one bounds FIN_WAIT2, the other acts on TIME_WAIT; CLOSE_WAIT has no timer"},
		{Do: "lower tcp_keepalive_time", Because: "it acts only on sockets whose program set SO_KEEPALIVE, and a peer that still answers keeps CLOSE_WAIT alive"},
		{Do: "raise the limit of open files", Because: "it postpones the day on which the leak reaches it"},
	}
}

func check(c rule.Case) []rule.Finding {
	count := func(t *evidence.Tally) uint64 { return t.States[tcp.CloseWait] }
	var found []rule.Finding
	var left []rule.Pile
	for _, p := range rule.Services(c.Namespace, count) {
		if f, ok := judge(c, &p); ok {
			found = append(found, f)
		} else {
			left = append(left, p)
		}
	}
	for _, p := range rule.Rest(left) {
		if f, ok := judge(c, &p); ok {
			found = append(found, f)
		}
	}
	return found
}

// judge decides on one pile.
func judge(c rule.Case, p *rule.Pile) (rule.Finding, bool) {
	var ages evidence.CloseWait
	var unaccepted uint64
	for _, t := range p.Groups {
		ages.Merge(&t.CloseWait)
		unaccepted += t.Orphans[tcp.CloseWait]
	}
	who := p.Holder(c.Namespace, tcp.CloseWait)
	halted := haltedOf(c.Snapshot, who)
	leaks := p.N >= few && ages.Known > 0 && (ages.Youngest >= slow || ages.Oldest >= stuck)
	crowd := p.N >= many && (ages.Known == 0 || ages.Oldest >= slow)
	if !leaks && !crowd && halted == nil {
		return rule.Finding{}, false
	}
	f := rule.Finding{
		Severity: rule.Warning, Subject: p.Subject(), Who: who, Count: p.N,
		Title: fmt.Sprintf("%s %s %s, left open %s", rule.Count(p.N, "connection"), p.Where(), waits(p.N), rule.By(c.Snapshot, who)),
		Facts: facts(c, p, &ages, unaccepted, who), Groups: p.Keys(), WantsOwner: true,
	}
	if ages.Known > 0 {
		f.Since = rule.Since{Known: true, For: ages.Oldest, AtLeast: true}
		f.Title += ", the oldest for at least " + rule.About(ages.Oldest)
	}
	if halted != nil {
		f.Title += fmt.Sprintf("; %s is %s", rule.Names(c.Snapshot, []int{halted.PID}), short(halted.State))
		f.Helps = wake(halted)
	}
	if full, ok := fullQueue(c.Namespace, p); ok && unaccepted > 0 {
		f.Severity = rule.Critical
		f.Facts = append(f.Facts, full)
	}
	return f, true
}

func waits(n uint64) string {
	if n == 1 {
		return "waits in CLOSE_WAIT"
	}
	return "wait in CLOSE_WAIT"
}

// haltedOf returns a holder that cannot run, if there is one: then it is the
// cause, however few and young its sockets are.
func haltedOf(s *evidence.Snapshot, who evidence.Maker) *evidence.Owner {
	for _, pid := range who.PIDs {
		if o := s.Owner(pid); o != nil && slices.Contains([]evidence.ProcState{"T", "t"}, o.State) {
			return o
		}
	}
	return nil
}

func short(state evidence.ProcState) string {
	if state == "t" {
		return "held by a debugger"
	}
	return "stopped"
}

// wake is what helps when the process does not run.
func wake(o *evidence.Owner) []rule.Advice {
	if o.State == "t" {
		return []rule.Advice{{Do: "let the debugger continue the process or detach", Because: "it can then close its sockets"}}
	}
	return []rule.Advice{
		{Do: "let the process run", Because: "it can then close its sockets", Command: fmt.Sprintf("kill -CONT %d", o.PID)},
		{Do: "or end it", Because: "SIGKILL works on a stopped process, and its descriptors are closed at exit", Command: fmt.Sprintf("kill -KILL %d", o.PID)},
	}
}

func facts(c rule.Case, p *rule.Pile, ages *evidence.CloseWait, unaccepted uint64, who evidence.Maker) []string {
	var out []string
	for i, pid := range who.PIDs {
		if o := c.Snapshot.Owner(pid); o != nil && o.State != "" && i < 3 {
			out = append(out, fmt.Sprintf("%s is %s.", rule.Names(c.Snapshot, []int{pid}), o.State.Means()))
		}
	}
	if ages.Known > 0 {
		ago := rule.About(ages.Oldest)
		if youngest := rule.About(ages.Youngest); youngest != ago {
			ago = "between " + youngest + " and " + ago
		}
		out = append(out, fmt.Sprintf("The other ends were last heard of %s ago (%s asked).", ago, rule.Count(ages.Known, "socket")))
	}
	if ages.Unread > 0 {
		out = append(out, fmt.Sprintf("%s unread in their receive queues (an unread FIN counts as 1): the program does not read to the end.", rule.Count(ages.Unread, "byte")))
	}
	if unaccepted > 0 {
		out = append(out, fmt.Sprintf("%s of them no descriptor holds: they wait in the queue of a listener for accept().", rule.N(unaccepted)))
	}
	out = append(out, shared(c.Snapshot, p)...)
	if len(p.Groups) > 1 {
		out = append(out, fmt.Sprintf("They are spread over %d pairs of addresses; most: %s, %s.", len(p.Groups), p.Groups[0].Key, rule.N(p.Groups[0].States[tcp.CloseWait])))
	}
	if who.Basis == evidence.Held {
		return append(out, rule.AboutMaker(c.Snapshot, who)...)
	}
	return out
}

// shared names descriptors that several processes hold: the FIN goes out
// only when the last of them closes.
func shared(s *evidence.Snapshot, p *rule.Pile) []string {
	var out []string
	said := make(map[string]bool)
	for _, t := range p.Groups {
		for _, h := range t.Holders {
			if h.States[tcp.CloseWait] == 0 || len(h.PIDs) < 2 || h.Earlier {
				continue
			}
			names := rule.Names(s, h.PIDs)
			if !said[names] {
				said[names] = true
				out = append(out, fmt.Sprintf("%s share descriptors, as after fork: a connection is closed only when all of them have closed it.", names))
			}
		}
	}
	return out
}

// fullQueue reports a listener of the pile that takes no more connections.
// Linux drops a SYN once more than Backlog wait (sk_acceptq_is_full).
func fullQueue(ns *evidence.Namespace, p *rule.Pile) (string, bool) {
	for _, l := range ns.Listeners {
		for _, t := range p.Groups {
			if t.Direction == evidence.Inbound && l.Covers(t.Src, t.Port) && l.Queue > l.Backlog {
				return fmt.Sprintf("The listener on port %d is full (%d wait, %d may): new connections are dropped.", l.Port, l.Queue, l.Backlog), true
			}
		}
	}
	return "", false
}
