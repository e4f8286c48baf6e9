package rule

import (
	"fmt"
	"slices"
	"strings"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/say"
)

// maxNamed bounds how many processes a sentence names: a server with many
// workers would drown the answer.
const maxNamed = 3

// Who names a maker in the middle of a sentence: "nginx (812)", "probably
// nginx (812)" where it is inferred, or "an unknown process". Names are raw
// bytes of strangers; views escape them.
func Who(s *evidence.Snapshot, m evidence.Maker) say.Text {
	switch {
	case len(m.PIDs) == 0:
		return say.F("an unknown process", "未知进程")
	case m.Basis.Inferred():
		return say.F("probably %s", "（推断）%s", Names(s, m.PIDs))
	}
	return Names(s, m.PIDs)
}

// By is Who with "by" in its place: "by nginx (812)", "probably by nginx
// (812)", "by an unknown process". In Chinese it is the same as Who.
func By(s *evidence.Snapshot, m evidence.Maker) say.Text {
	who := Who(s, m)
	if len(m.PIDs) > 0 && m.Basis.Inferred() {
		return say.Text{EN: "probably by " + Names(s, m.PIDs).EN, ZH: who.ZH}
	}
	return say.Text{EN: "by " + who.EN, ZH: who.ZH}
}

// Names lists processes: "nginx (812)", and of several with one name
// "nginx (812, 813)". Beyond the first few it only counts.
func Names(s *evidence.Snapshot, pids []int) say.Text {
	var order []say.Text
	byName := make(map[say.Text][]string)
	for _, pid := range pids[:min(len(pids), maxNamed)] {
		name := say.F("process", "进程")
		if o := s.Owner(pid); o != nil && o.Name != "" {
			name = say.Same(o.Name)
		}
		if !slices.Contains(order, name) {
			order = append(order, name)
		}
		byName[name] = append(byName[name], fmt.Sprint(pid))
	}
	var parts []say.Text
	for _, name := range order {
		parts = append(parts, name.Join(say.Same(" ("+strings.Join(byName[name], ", ")+")")))
	}
	if more := len(pids) - maxNamed; more > 0 {
		parts = append(parts, say.F("%d more", "另外 %d 个", more))
	}
	return And(parts)
}

// AboutMaker returns the sentences that a finding should add about its maker:
// where it runs, and how it is known if that is a conclusion.
func AboutMaker(s *evidence.Snapshot, m evidence.Maker) []say.Text {
	var facts []say.Text
	for _, pid := range m.PIDs[:min(len(m.PIDs), maxNamed)] {
		if o := s.Owner(pid); o != nil && !home(o).Empty() {
			facts = append(facts, say.F("%s runs in %s.", "%s 运行于 %s。", Names(s, []int{pid}), home(o)))
		}
	}
	switch m.Basis {
	case evidence.FromLedger:
		facts = append(facts, traced(m))
	case evidence.FromYounger:
		facts = append(facts, say.F("The one named was seen closing the younger ones of them; these are older than linger's tracing.",
			"linger 看到所列进程关闭了其中较新的那些；这些早于 linger 开始跟踪。"))
	case evidence.FromListener:
		facts = append(facts, say.F("TIME_WAIT and other ownerless sockets carry no process; the one named owns the listener that accepted these.",
			"TIME_WAIT 等无主套接字不带进程信息；所列进程拥有接受这些连接的监听套接字。"))
	case evidence.FromLive:
		facts = append(facts, say.F("TIME_WAIT sockets carry no process; the one named has live connections to the same destination.",
			"TIME_WAIT 套接字不带进程信息；所列进程与同一目的地有存活的连接。"))
	case evidence.FromEarlier:
		facts = append(facts, say.F("TIME_WAIT sockets carry no process; the one named had connections to the same destination at an earlier look.",
			"TIME_WAIT 套接字不带进程信息；所列进程在先前一次查看时与同一目的地有连接。"))
	}
	return facts
}

// traced says how much of what a maker is named for was seen.
func traced(m evidence.Maker) say.Text {
	if m.Covered >= m.Of {
		return say.F("linger saw who closed all %s of them.", "linger 看到了其中全部 %s 个由谁关闭。", N(m.Of))
	}
	return say.F("linger saw who closed %s of these %s; the others are older than its tracing, and may be other processes'.",
		"linger 看到了其中 %s 个由谁关闭（共 %s 个）；其余早于跟踪开始，可能属于别的进程。", N(m.Covered), N(m.Of))
}

// home says where a process runs, most telling first; empty if nothing says so.
func home(o *evidence.Owner) say.Text {
	switch {
	case o.Pod != "":
		return say.Same("pod " + o.Pod)
	case o.Container != "":
		return say.F("container %s", "容器 %s", o.Container[:min(len(o.Container), 12)])
	}
	return say.Same(o.Unit)
}
