package journal

import (
	"path/filepath"
	"strings"
	"time"
)

// DefaultDropIn is the file that makes changes outlive a reboot: sysctl.d(5).
const DefaultDropIn = "/etc/sysctl.d/90-linger.conf"

// Change is one setting and its values, as text that the kernel takes. From is
// what the plan was made on: Apply refuses when it is no longer so.
type Change struct {
	Namespace string `json:"namespace,omitempty"` // for humans; which one is meant is the Tree that Apply gets
	Key       string `json:"key"`                 // such as "net.ipv4.tcp_tw_reuse"; or with slashes, for interface names with dots
	From      string `json:"from"`
	To        string `json:"to"`
}

// Plan is what Apply carries out, all of it or nothing.
type Plan struct {
	Changes       []Change
	RuntimeOnly   bool          // write no file: the change ends with the next boot
	DropIn        string        // the file, DefaultDropIn if empty; its folder is made if only that is missing
	ConfirmWithin time.Duration // taken back unless confirmed by then; 0 for a change that stays
	Made          time.Time     // when From was read
}

// check refuses what cannot be carried out whatever the machine is like.
func (p Plan) check(s Space) error {
	if len(p.Changes) == 0 {
		return refuse(Invalid, "", "the plan changes nothing", "方案没有要改的内容")
	}
	seen := make(map[string]bool)
	for _, c := range p.Changes {
		rel, ok := pathOf(c.Key)
		switch {
		case !ok:
			return refuse(Invalid, "", "%q is not a setting below net.", "%q 不是 net. 下的 sysctl", c.Key)
		case seen[rel]:
			return refuse(Invalid, "", "%s is changed twice in one plan", "同一方案里 %s 被改了两次", c.Key)
		case strings.ContainsAny(c.To, "\n\x00#;") || len(c.To) > listMax:
			return refuse(Invalid, "", "%q is not a value for %s", "%q 不能作为 %s 的值", excerpt(c.To), c.Key)
		}
		seen[rel] = true
	}
	switch {
	case p.ConfirmWithin < 0:
		return refuse(Invalid, "", "a time to confirm of %v has passed already", "确认时限 %v 已经过去", p.ConfirmWithin)
	case p.RuntimeOnly:
		return nil
	case !s.Host:
		return refuse(NotHost, "linger fix --apply --runtime-only",
			"a file under sysctl.d is read for the host's own network namespace, not for %s",
			"sysctl.d 下的文件只对主机自己的网络命名空间生效，对 %s 无效", s.Name)
	case !filepath.IsAbs(p.dropIn()) || filepath.Ext(p.dropIn()) != ".conf":
		return refuse(Invalid, "", "%s is not a file that sysctl.d(5) reads", "%s 不是 sysctl.d(5) 会读取的文件", p.dropIn())
	}
	return nil
}

func (p Plan) dropIn() string {
	if p.DropIn == "" {
		return DefaultDropIn
	}
	return filepath.Clean(p.DropIn)
}
