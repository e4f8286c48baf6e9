package remedy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/say"
)

// answer writes the plan in one line: how many changes, and which of them are
// enough.
func answer(drafts []draft, all []rule.Finding, l say.Lang) string {
	var open []int // what must be ended
	for i := range all {
		if all[i].Severity > rule.Info {
			open = append(open, i)
		}
	}
	needed := 0
	for _, d := range drafts {
		if d.Needed() {
			needed++
		}
	}
	switch {
	case len(open) == 0 && len(drafts) == 0:
		return l.F("Nothing to change.", "无需任何改动。")
	case len(open) == 0:
		return l.F("Nothing needs a change; %d could be made.", "没有必须的改动；有 %d 项可选。", len(drafts))
	case needed == 0:
		return l.F("linger knows no change for what was found.", "对所发现的问题，linger 没有可建议的改动。")
	}
	head := l.F("%d changes", "%d 项改动", needed)
	if needed == 1 {
		head = l.F("1 change", "1 项改动")
	}
	chosen := enoughOf(drafts, open)
	switch {
	case chosen == nil:
		return l.F("%s; none is sure to be enough by itself at twice the present rate, so make several.", "%s；按当前速率的两倍计，单独任何一项都不一定够，需要同时做几项。", head)
	case len(chosen) == 1 && needed == 1:
		return l.F("%s ends it: %s", "%s即可解决：%s", head, drafts[chosen[0]].Title)
	case len(chosen) == 1 && chosen[0] == 0:
		return l.F("%s; the first alone ends it: %s", "%s；仅第一项即可解决：%s", head, drafts[0].Title)
	case len(chosen) == 1:
		return l.F("%s; number %d alone ends it: %s", "%s；仅第 %d 项即可解决：%s", head, chosen[0]+1, drafts[chosen[0]].Title)
	}
	var numbers []string
	for _, i := range chosen {
		numbers = append(numbers, fmt.Sprintf("%d (%s)", i+1, drafts[i].Code))
	}
	return l.F("%s; numbers %s together end all that was found", "%s；%s 合起来可解决所有问题", head, strings.Join(numbers, ", "))
}

// enoughOf returns the first remedy that ends all findings, else the remedies
// that do together, the earliest for each; nil if none do.
func enoughOf(drafts []draft, open []int) []int {
	for i, d := range drafts {
		if covers(d.settles, open) {
			return []int{i}
		}
	}
	var chosen, ended []int
	for i, d := range drafts {
		more := false
		for _, f := range d.settles {
			if slices.Contains(open, f) && !slices.Contains(ended, f) {
				ended, more = append(ended, f), true
			}
		}
		if more {
			chosen = append(chosen, i)
		}
	}
	if !covers(ended, open) {
		return nil
	}
	return chosen
}

func covers(have, want []int) bool {
	return !slices.ContainsFunc(want, func(i int) bool { return !slices.Contains(have, i) })
}
