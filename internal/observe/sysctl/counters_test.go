package sysctl

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linger-dev/linger/internal/evidence"
)

const (
	sockstatText = "sockets: used 15\nTCP: inuse 1 orphan 0 tw 4 alloc 1 mem 300\nUDP: inuse 0 mem 0\n"
	snmpText     = "Ip: Forwarding DefaultTTL\nIp: 2 64\n" +
		"Tcp: RtoAlgorithm MaxConn ActiveOpens CurrEstab OutRsts\nTcp: 1 -1 73 5 2\n"
	netstatText = "TcpExt: SyncookiesSent TW TWKilled NewerThanUs\nTcpExt: 0 71 3 9\n" +
		"IpExt: InNoRoutes\nIpExt: 0\n"
)

func TestCountersKeepsWhatIsWantedUnderItsKernelName(t *testing.T) {
	got, gaps := Counters(tree(t, map[string]string{
		"thread-self/net/sockstat": sockstatText, "thread-self/net/sockstat6": "TCP6: inuse 2\nUDP6: inuse 1\n",
		"thread-self/net/snmp": snmpText, "thread-self/net/netstat": netstatText,
	}))
	want := evidence.Counters{
		Sockstat: map[string]int64{"TCP.inuse": 1, "TCP.orphan": 0, "TCP.tw": 4, "TCP.alloc": 1, "TCP.mem": 300, "TCP6.inuse": 2},
		TCP:      map[string]int64{"ActiveOpens": 73, "CurrEstab": 5, "OutRsts": 2, "SyncookiesSent": 0, "TW": 71, "TWKilled": 3},
	}
	if diff := cmp.Diff(want, got); diff != "" || len(gaps) != 0 {
		t.Errorf("%s gaps %v", diff, gaps)
	}
}

func TestATornFileIsAGapAndTheOthersAreStillRead(t *testing.T) {
	for name, torn := range map[string]string{
		"fewer values":    "TcpExt: TW TWKilled\nTcpExt: 71\n",
		"more values":     "TcpExt: TW\nTcpExt: 71 3\n",
		"no values":       "TcpExt: TW\n",
		"three lines":     "TcpExt: TW\nTcpExt: 71\nTcpExt: 72\n",
		"not a number":    "TcpExt: TW\nTcpExt: many\n",
		"a name twice":    "TcpExt: TW TW\nTcpExt: 1 2\n",
		"cut in a number": "TcpExt: TW\nTcpExt: 7",
		"other sections":  "IpExt: InNoRoutes\nIpExt: 0\n",
		"empty":           "",
	} {
		got, gaps := Counters(tree(t, map[string]string{
			"thread-self/net/sockstat": sockstatText, "thread-self/net/snmp": snmpText, "thread-self/net/netstat": torn,
		}))
		if len(gaps) != 1 || gaps[0].Loses == "" {
			t.Errorf("%s: gaps = %v, want one", name, gaps)
		}
		if _, has := got.TCP["TW"]; has || got.TCP["ActiveOpens"] != 73 || got.Sockstat["TCP.tw"] != 4 {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestMissingFilesAreGapsExceptThatOfIPv6(t *testing.T) {
	if _, gaps := Counters(t.TempDir()); len(gaps) != 3 {
		t.Errorf("gaps = %v, want sockstat, snmp and netstat", gaps)
	}
}

func TestATornSockstatIsAnError(t *testing.T) {
	for _, torn := range []string{"", "TCP: inuse 1", "TCP: inuse\n", "TCP: inuse x\n", "TCP inuse 1\n", "\n"} {
		if got, err := parseSockstat(torn); err == nil {
			t.Errorf("%q is read as %v", torn, got)
		}
	}
}

func TestGrowthLeavesOutWhatIsUnchangedUnknownOrFell(t *testing.T) {
	before := evidence.Counters{TCP: map[string]int64{"TW": 10, "TWKilled": 3, "CurrEstab": 9, "OutRsts": 7, "Gone": 1, "ListenDrops": math.MaxInt64}}
	after := evidence.Counters{
		Sockstat: map[string]int64{"TCP.tw": 4},
		TCP:      map[string]int64{"TW": 15, "TWKilled": 3, "CurrEstab": 4, "OutRsts": 2, "New": 5, "ListenDrops": math.MinInt64 + 1},
	}
	got := Growth(before, after, time.Second)
	want := after
	want.Growth, want.Over = map[string]int64{"TW": 5, "CurrEstab": -5, "ListenDrops": 2}, time.Second
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if after.Growth != nil {
		t.Error("the argument was changed")
	}
}

func FuzzASectionIsReadWholeOrRefused(f *testing.F) {
	f.Add(snmpText, "Tcp")
	f.Add(netstatText, "TcpExt")
	f.Add("TcpExt: TW\nTcpExt: 18446744073709551615\n", "TcpExt")
	f.Fuzz(func(t *testing.T, text, section string) {
		values, err := parseSection(text, section)
		if err != nil && values != nil {
			t.Error("values with an error")
		}
		if err == nil && values == nil {
			t.Error("neither values nor an error")
		}
	})
}

func FuzzSockstatIsReadOrRefusedButNeverPanics(f *testing.F) {
	f.Add(sockstatText)
	f.Add("TCP6: inuse 0\n")
	f.Fuzz(func(t *testing.T, text string) {
		if values, err := parseSockstat(text); err == nil && values == nil {
			t.Error("neither values nor an error")
		}
	})
}
