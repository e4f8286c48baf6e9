package sysctl

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
)

// tcpExtNames are the counters wanted of TcpExt (snmp4_net_list,
// net/ipv4/proc.c), as the kernel prints them. Versions where known:
// PAWSTimewait 6.16, TCPMigrateReq* 5.14, TCPACKSkipped* 4.0.
func tcpExtNames() []string {
	return []string{
		"TW", "TWKilled", "TWRecycled", "TCPTimeWaitOverflow",
		"PAWSActive", "PAWSEstab", "PAWSTimewait", "PAWSOldAck", "TSEcrRejected", "BeyondWindow",
		"TCPACKSkippedTimeWait", "TCPACKSkippedFinWait2",
		"TCPAbortOnClose", "TCPAbortOnData", "TCPAbortOnLinger", "TCPAbortOnMemory", "TCPAbortOnTimeout", "TCPAbortFailed",
		"ListenOverflows", "ListenDrops", "TCPReqQFullDrop", "TCPReqQFullDoCookies",
		"SyncookiesSent", "SyncookiesRecv", "SyncookiesFailed",
		"TCPMigrateReqSuccess", "TCPMigrateReqFailure",
	}
}

// currEstab is the one entry that is not a count but a number of sockets.
const currEstab = "CurrEstab"

// tcpNames are the counters wanted of Tcp in snmp.
func tcpNames() []string {
	return []string{"ActiveOpens", "PassiveOpens", "AttemptFails", "EstabResets", currEstab, "OutRsts"}
}

// Counters returns the counters of the calling thread's network namespace.
// root is where proc is mounted. A counter that this kernel does not have is
// no entry; a file or section that cannot be read or understood is a gap. No
// sockstat6 means no IPv6, and is no gap.
func Counters(root string) (evidence.Counters, []evidence.Gap) {
	var (
		c    = evidence.Counters{Sockstat: make(map[string]int64), TCP: make(map[string]int64)}
		gaps []evidence.Gap
		net  = filepath.Join(root, "thread-self/net")
	)
	from := func(file, loses string, parse func(text string) error) {
		text, err := os.ReadFile(filepath.Join(net, file))
		if file == "sockstat6" && errors.Is(err, fs.ErrNotExist) {
			return
		}
		if err == nil {
			err = parse(string(text))
		}
		if err != nil {
			gaps = append(gaps, evidence.Gap{What: fmt.Sprintf("could not read /proc/net/%s (%v)", file, bare(err)), Loses: loses})
		}
	}
	sockstat := func(text string) error {
		all, err := parseSockstat(text)
		for key, v := range all {
			if strings.HasPrefix(key, "TCP.") || strings.HasPrefix(key, "TCP6.") {
				c.Sockstat[key] = v
			}
		}
		return err
	}
	section := func(name string, wanted []string) func(string) error {
		return func(text string) error {
			all, err := parseSection(text, name)
			for _, key := range wanted {
				if v, ok := all[key]; ok {
					c.TCP[key] = v
				}
			}
			return err
		}
	}
	from("sockstat", "the kernel's own count of TIME_WAIT sockets and orphans is missing", sockstat)
	from("sockstat6", "the kernel's own count of IPv6 sockets is missing", sockstat)
	from("snmp", "counts of opened and reset connections are missing", section("Tcp", tcpNames()))
	from("netstat", "counts of TIME_WAIT sockets made, refused and reused are missing", section("TcpExt", tcpExtNames()))
	return c, gaps
}

// Growth returns after with Growth and Over set; over is the time between the
// two readings. Entries that only one of them has, and unchanged ones, are
// left out. A count that fell is left out too: it wrapped, or was read in
// another namespace. CurrEstab, a number of sockets, may fall.
func Growth(before, after evidence.Counters, over time.Duration) evidence.Counters {
	after.Growth, after.Over = make(map[string]int64), over
	for name, now := range after.TCP {
		then, ok := before.TCP[name]
		if grown := now - then; ok && (grown > 0 || grown < 0 && name == currEstab) {
			after.Growth[name] = grown
		}
	}
	return after
}
