package remedy

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/say"
)

// somewhere is an address of documentation (RFC 5737): no group has it.
var somewhere = netip.AddrFrom4([4]byte{192, 0, 2, 1})

// num writes a count as both languages do: "28,232".
func num[T int | int64 | uint64](n T) string { return rule.N(n) }

// lasting writes a duration in its largest unit.
func lasting(d time.Duration, l say.Lang) string {
	switch {
	case d < time.Second:
		return l.F("%d ms", " %d 毫秒", d.Milliseconds())
	case d < 2*time.Minute:
		return l.F("%d s", " %d 秒", int(d.Seconds()+0.5))
	}
	return l.F("%d min", " %d 分钟", int(d.Minutes()+0.5))
}

// most is how many names a sentence lists.
const most = 3

// list joins names, and only counts those beyond the first few.
func list(names []string, l say.Lang) string {
	if more := len(names) - most; more > 0 {
		return l.F("%s and %d more", "%s 及另外 %d 个", strings.Join(names[:most], ", "), more)
	}
	return strings.Join(names, ", ")
}

// who names processes; strangers' bytes, which views escape.
func (p *planner) who(m evidence.Maker) string {
	if len(m.PIDs) == 0 {
		return p.lang.F("a process that is not known", "某个未知进程")
	}
	var names []string
	for _, pid := range m.PIDs {
		name := p.lang.F("process", "进程")
		if o := p.snap.Owner(pid); o != nil && o.Name != "" {
			name = o.Name
		}
		names = append(names, fmt.Sprintf("%s (%d)", name, pid))
	}
	return list(names, p.lang)
}

// undo says how a kernel remedy is taken back. The settings hold the values.
func (p *planner) undo() string {
	return p.lang.F("linger fix --undo puts back what was", "linger fix --undo 恢复原值")
}

// restore is how an application remedy is taken back.
func (p *planner) restore() string {
	return p.lang.F("put the old configuration back and load it again", "恢复原来的配置并重新加载")
}
