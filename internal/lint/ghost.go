package lint

import (
	"slices"
	"strings"
)

// ghost is a key that mainline Linux never had, and why people write it.
type ghost struct {
	key string
	why Message
	do  Message
}

func ghosts() []ghost {
	noLength := sayf("no key sets the length of TIME_WAIT: it is a constant of 60 s", "没有任何键可以设置 TIME_WAIT 的时长：它是 60 秒的常量")
	return []ghost{
		{
			key: "net.ipv4.tcp_reuse", why: sayf("the name is wrong", "名字写错了"),
			do: sayf("perhaps net.ipv4.tcp_tw_reuse is meant", "可能是指 net.ipv4.tcp_tw_reuse"),
		},
		{
			key: "net.ipv4.tcp_tw_timeout", why: sayf("only Alibaba Cloud's kernels have it; in others %s", "只有阿里云的内核才有；在其他内核中，%s", noLength),
		},
		{key: "net.ipv4.tcp_timewait_len", why: noLength},
		{key: "net.ipv4.tcp_time_wait_timeout", why: noLength},
		{key: "net.ipv4.tcp_timeout_time_wait", why: noLength},
		{
			key: "net.ipv4.tcp_max_tw", why: sayf("the name is wrong", "名字写错了"),
			do: sayf("perhaps net.ipv4.tcp_max_tw_buckets is meant", "可能是指 net.ipv4.tcp_max_tw_buckets"),
		},
		{
			key: "net.ipv4.somaxconn", why: sayf("the name is wrong", "名字写错了"),
			do: sayf("perhaps net.core.somaxconn is meant", "可能是指 net.core.somaxconn"),
		},
	}
}

// relatives are real keys whose names look like slips of judged ones.
func relatives() []string {
	return []string{
		"net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem", "net.ipv4.udp_mem", "net.ipv4.tcp_retries1", "net.ipv4.tcp_retries2",
		"net.core.rmem_max", "net.core.wmem_max",
	}
}

// haunting judges a key that is not in the table: one that was never there, or
// is a slip of one that is. false for keys that have nothing to do with the
// subject.
func (t *table) haunting(key string) (ghost, bool) {
	for _, g := range ghosts() {
		if g.key == key {
			return g, true
		}
	}
	if slices.Contains(relatives(), key) || !strings.HasPrefix(key, "net.") {
		return ghost{}, false
	}
	if rest, ok := strings.CutPrefix(key, "net.ipv6."); ok && t.find("net.ipv4."+rest) != nil {
		return ghost{
			key: key, why: sayf("there are no keys of TCP under net.ipv6: those of net.ipv4 are for both", "net.ipv6 下没有 TCP 的键：net.ipv4 下的键对两者都有效"),
			do: sayf("use net.ipv4.%[1]s", "使用 net.ipv4.%[1]s", rest),
		}, true
	}
	const slips = 2
	best, least := "", slips+1
	for _, known := range t.keys {
		if d := distance(key, known, slips); d < least {
			best, least = known, d
		}
	}
	if best == "" {
		return ghost{}, false
	}
	return ghost{
		key: key, why: sayf("the kernel has no such key", "内核没有这个键"),
		do: sayf("perhaps %[1]s is meant", "可能是指 %[1]s", best),
	}, true
}

// distance is how many letters must be changed, put in or taken out to make b
// of a (Levenshtein); most+1 if there are more than most.
func distance(a, b string, most int) int {
	if max(len(a)-len(b), len(b)-len(a)) > most {
		return most + 1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return min(row[len(b)], most+1)
}
