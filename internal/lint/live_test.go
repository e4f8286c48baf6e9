package lint

import (
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/linger-dev/linger/internal/evidence"
)

// host is what a look at a host with the kernel's defaults tells.
func host(edit func(*evidence.Namespace)) *Live {
	n := evidence.IntOf
	ns := evidence.Namespace{Name: "host", Settings: evidence.Settings{
		PortLow: n(32768), PortHigh: n(60999), Reserved: new(evidence.PortSet), UnprivilegedStart: n(1024), AutobindReuse: n(0),
		TWReuse: n(2), TWReuseDelay: n(1000), TWRecycle: evidence.Int{State: evidence.Absent}, MaxTWBuckets: n(131072), FinTimeout: n(60),
		Timestamps: n(1), RFC1337: n(0), Syncookies: n(1), MaxSynBacklog: n(2048), Somaxconn: n(4096), AbortOnOverflow: n(0), MaxOrphans: n(131072),
		OrphanRetries: n(0), KeepaliveTime: n(7200), KeepaliveIntvl: n(75), KeepaliveProbes: n(9), MigrateReq: n(0), InvalidRatelimit: n(500),
		EhashEntries: n(262144), ChildEhash: n(0), ConntrackTW: evidence.Int{State: evidence.Absent},
	}}
	ns.Counters.Sockstat = map[string]int64{"TCP.tw": 4}
	for _, port := range []uint16{22, 8080, 45000} {
		ns.Listeners = append(ns.Listeners, evidence.Listener{Addr: netip.IPv4Unspecified(), Port: port}, evidence.Listener{Addr: netip.IPv6Unspecified(), Port: port, V6: true})
	}
	edit(&ns)
	return LiveOf(&ns)
}

func TestAHostWithTheDefaultsHasNothingToHear(t *testing.T) {
	rep := Judge(Input{Kernel: "6.18", Live: host(func(*evidence.Namespace) {}), System: &System{Boot: Systemd}})
	if len(rep.Findings) != 0 || rep.Exit() != 0 {
		t.Errorf("got %+v", rep.Findings)
	}
}

func TestAChangeThatNoFileMakesIsLostAtTheNextBoot(t *testing.T) {
	live := host(func(ns *evidence.Namespace) {
		ns.Settings.TWReuse, ns.Settings.FinTimeout = evidence.IntOf(1), evidence.IntOf(61)
	})
	got := byKey(Judge(Input{Kernel: "6.18", Live: live, System: &System{Boot: Systemd}}))
	f := got[keyReuse]
	if f.Verdict != Helps || f.By != ByKernel || f.Live == nil || f.Live.Now != "1" || f.Live.Then != "2" || !strings.Contains(f.Live.What.EN, "brings back 2") {
		t.Errorf("got %+v, %+v", f, f.Live)
	}
	if f := got[keyFin]; f.Verdict != Harmful || f.Live == nil || f.Live.Then != "60" {
		t.Errorf("got %+v", f)
	}
	if len(got) != 2 {
		t.Errorf("%d findings", len(got))
	}
}

func TestAChangeThatOnlyAFileMakesAppearsAtTheNextBoot(t *testing.T) {
	fsys := debian()
	fsys["etc/sysctl.conf"] = file("net.ipv4.tcp_timestamps = 1 # keep\nnet.ipv4.tcp_tw_reuse = 1\nnet.ipv4.tcp_tw_recycle = 1\nnet.ipv4.tcp_fin_timeout = 0x3c\nnet.ipv4.ip_local_reserved_ports = 40000,40001\n")
	live := host(func(ns *evidence.Namespace) {
		ns.Settings.Timestamps, ns.Settings.Reserved = evidence.IntOf(0), evidence.PortSetOf(40000, 40001)
	})
	s := ReadSystem(fsys)
	rep := Judge(Input{Kernel: "6.18", Live: live, System: &s})
	var stamps []Finding
	for _, f := range rep.Findings {
		switch f.Key {
		case keyTimestamps:
			stamps = append(stamps, f)
		case keyReuse:
			if f.Live == nil || f.Live.Now != "2" || f.Live.Then != "1" {
				t.Errorf("reuse: %+v", f.Live)
			}
		case keyFin, keyReserved, "net.ipv4.tcp_tw_recycle":
			if f.Live != nil {
				t.Errorf("%s differs: %+v", f.Key, f.Live)
			}
		}
	}
	if len(stamps) != 2 || stamps[0].By != ByKernel || stamps[0].Verdict != Harmful || stamps[1].Live == nil || stamps[1].Live.Then != "1" {
		t.Errorf("timestamps: %+v", stamps)
	}
}

func TestARangeOverListenersNamesThem(t *testing.T) {
	fsys := debian()
	fsys["etc/sysctl.conf"] = file("net.ipv4.ip_local_port_range = 1024 65535\n")
	s := ReadSystem(fsys)
	in := Input{Kernel: "6.18", System: &s, Live: host(func(ns *evidence.Namespace) { ns.Settings.Reserved = evidence.PortSetOf(9999) })}
	f := byKey(Judge(in))[keyRange]
	if f.Verdict != Harmful || !strings.Contains(f.Reason.EN, "8080") || strings.Contains(f.Reason.EN, "45000") || !strings.Contains(f.Instead.EN, "= 8080,9999") {
		t.Errorf("got %v: %s; %s", f.Verdict, f.Reason.EN, f.Instead.EN)
	}
	in.Live = host(func(ns *evidence.Namespace) { ns.Settings.Reserved = evidence.PortSetOf(8080) })
	if f := byKey(Judge(in))[keyRange]; f.Verdict != Helps {
		t.Errorf("reserved: got %v: %s", f.Verdict, f.Reason.EN)
	}
}

func TestAQuotaIsMeasuredByWhatTheHostNeedsAndChose(t *testing.T) {
	for quota, want := range map[string]Verdict{"5000": Harmful, "50000": Useless, "131072": Harmless, "1000000": Harmless, "16384": Useless} {
		fsys := debian()
		fsys["etc/sysctl.conf"] = file("net.ipv4.tcp_max_tw_buckets = " + quota + "\n")
		s := ReadSystem(fsys)
		in := Input{Kernel: "6.18", System: &s, Live: host(func(*evidence.Namespace) {})}
		if f := byKey(Judge(in))[keyQuota]; f.Verdict != want {
			t.Errorf("%s is %v (%s), want %v", quota, f.Verdict, f.Reason.EN, want)
		}
	}
	live := host(func(ns *evidence.Namespace) {
		ns.Settings.MaxTWBuckets = evidence.IntOf(20000)
		ns.Counters.Sockstat["TCP.tw"] = 20000
	})
	if f := byKey(Judge(Input{Kernel: "6.18", Live: live, System: &System{}}))[keyQuota]; f.Verdict != Harmful || !strings.Contains(f.Reason.EN, "20,000 sockets") {
		t.Errorf("a quota that is used up is %v: %s", f.Verdict, f.Reason.EN)
	}
}

func TestAKeyThatTheRunningKernelHasIsNoGhost(t *testing.T) {
	fsys := debian()
	fsys["etc/sysctl.conf"] = file("net.ipv4.tcp_tw_timeout = 3\n")
	s := ReadSystem(fsys)
	live := host(func(*evidence.Namespace) {})
	live.Has = func(key string) bool { return key == "net.ipv4.tcp_tw_timeout" }
	if got := byKey(Judge(Input{Kernel: "5.10", Live: live, System: &s})); len(got) != 1 {
		t.Errorf("got %v", got)
	}
	live.Has = func(key string) bool { return key == keyDelay } // carried back
	fsys["etc/sysctl.conf"] = file(keyDelay + " = 500\n")
	s = ReadSystem(fsys)
	if f := byKey(Judge(Input{Kernel: "6.12", Live: live, System: &s}))[keyDelay]; f.Verdict == NoSuchKey {
		t.Errorf("a key that the running kernel has before its time is %v: %s", f.Verdict, f.Reason.EN)
	}
	live.Absent["net.ipv4.tcp_rfc1337"] = true
	delete(live.Values, "net.ipv4.tcp_rfc1337")
	fsys["etc/sysctl.conf"] = file("net.ipv4.tcp_rfc1337 = 1\n")
	s = ReadSystem(fsys)
	if f := byKey(Judge(Input{Kernel: "6.18", Live: live, System: &s}))["net.ipv4.tcp_rfc1337"]; f.Verdict != NoSuchKey {
		t.Errorf("a key that is missing is %v", f.Verdict)
	}
}

func TestWhatDistributionsSetIsNoMatterOfOurs(t *testing.T) {
	data, err := os.ReadFile("testdata/distribution.conf")
	if err != nil {
		t.Fatal(err)
	}
	rep := Judge(Input{Kernel: "6.1", Texts: []Text{ParseConf("distribution.conf", data)}})
	if len(rep.Findings) != 0 || rep.Exit() != 0 || rep.Others < 10 {
		t.Errorf("findings %v, others %d", rep.Findings, rep.Others)
	}
}

func TestARangeIsJudgedWithoutAListOfSockets(t *testing.T) {
	for unlisted, want := range map[bool]bool{false: false, true: true} {
		live := host(func(ns *evidence.Namespace) {
			ns.Listeners = nil
			ns.Settings.PortLow, ns.Settings.PortHigh = evidence.IntOf(2000), evidence.IntOf(60999)
		})
		live.Unlisted = unlisted
		f := byKey(Judge(Input{Kernel: "6.18", Live: live, System: &System{Boot: Systemd}}))[keyRange]
		said := slices.ContainsFunc(f.Notes, func(m Message) bool { return strings.Contains(m.EN, "no tcp_diag module") })
		if said != want || f.Verdict != Helps {
			t.Errorf("unlisted %v: %+v", unlisted, f)
		}
	}
}
