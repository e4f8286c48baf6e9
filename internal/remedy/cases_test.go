package remedy

import (
	"fmt"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/rule/ruletest"
	"github.com/linger-dev/linger/internal/rules"
	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/tcp"
)

// plan judges evidence as `linger check` does and plans.
func plan(s *evidence.Snapshot, l say.Lang) Plan {
	return Of(s, rule.Judge(rules.All(), s), l)
}

// find returns the first remedy with a code, or nil.
func find(p Plan, c Code) *Remedy {
	for i := range p.Remedies {
		if p.Remedies[i].Code == c {
			return &p.Remedies[i]
		}
	}
	return nil
}

// process returns a process that was started as words.
func process(pid int, name string, words ...string) evidence.Owner {
	o := ruletest.Process(pid, name, "S")
	o.Cmdline = words
	return o
}

// phpOut is a web server that has used up the default range toward MySQL: it
// closes 455 times a second, for a minute now.
func phpOut() *evidence.Snapshot {
	return ruletest.Snapshot(func(s *evidence.Snapshot, ns *evidence.Namespace) {
		s.Owners = []evidence.Owner{process(812, "php-fpm8.2", "php-fpm: pool www"), ruletest.Process(4, "sshd", "S")}
		t := ruletest.Outbound("10.0.0.1", "10.0.0.2:3306")
		ruletest.TimeWait(&t, 28200, 60, 32768)
		ruletest.Live(&t, tcp.Established, 32, 32768+28200, 812)
		ns.Tallies = []evidence.Tally{t}
		ns.Listeners = []evidence.Listener{ruletest.Listening("0.0.0.0:22", 1, 4), ruletest.Listening("0.0.0.0:20022", 2, 4)}
	})
}

// nginxLow is a proxy on a Kubernetes node that will run out within minutes.
func nginxLow() *evidence.Snapshot {
	return ruletest.Snapshot(func(s *evidence.Snapshot, ns *evidence.Namespace) {
		s.Owners = []evidence.Owner{process(90, "nginx", "nginx: worker process"), ruletest.Process(77, "kubelet", "S")}
		ns.Listeners = []evidence.Listener{ruletest.Listening("0.0.0.0:10250", 7, 77), ruletest.Listening("0.0.0.0:50051", 8, 90)}
		for i := range 2 {
			t := ruletest.Outbound("10.0.0.1", fmt.Sprintf("10.0.0.%d:8080", 2+i))
			ruletest.TimeWait(&t, 9000*(2-i), 30, 32768)
			ruletest.Live(&t, tcp.Established, 10, 52000, 90)
			ns.Tallies = append(ns.Tallies, t)
		}
	})
}

// closeWait is a Java service that forgets to close, and one that is stopped.
func closeWait() *evidence.Snapshot {
	return ruletest.Snapshot(func(s *evidence.Snapshot, ns *evidence.Namespace) {
		s.Owners = []evidence.Owner{process(50, "java", "java", "-jar", "app.jar"), process(60, "worker", "/srv/worker")}
		s.Owners[1].State = "T"
		for i, at := range []string{"10.0.0.1:8080", "10.0.0.1:9999"} {
			t := ruletest.Inbound(at, "10.0.0.9")
			ruletest.Live(&t, tcp.CloseWait, 120, 0, 50+10*i)
			t.CloseWait = evidence.CloseWait{Oldest: 600e9, Youngest: 20e9, Known: 120}
			ns.Tallies = append(ns.Tallies, t)
		}
	})
}

// serverSideOnly is a web server that closes first, and whose limit of
// TIME_WAIT sockets overflows.
func serverSideOnly() *evidence.Snapshot {
	return ruletest.Snapshot(func(s *evidence.Snapshot, ns *evidence.Namespace) {
		s.Owners = []evidence.Owner{process(300, "node", "node", "server.js")}
		ns.Listeners = []evidence.Listener{ruletest.Listening("0.0.0.0:443", 3, 300)}
		ns.Settings.MaxTWBuckets = evidence.IntOf(8192)
		ns.Counters = evidence.Counters{
			Sockstat: map[string]int64{"TCP.tw": 8192}, TCP: map[string]int64{"TCPTimeWaitOverflow": 900},
			Growth: map[string]int64{"TCPTimeWaitOverflow": 60}, Over: 2 * time.Second,
		}
		for i := range 8 {
			t := ruletest.Inbound("10.0.0.1:443", fmt.Sprintf("10.0.1.%d", i+1))
			ruletest.TimeWait(&t, 1000, 60, 0)
			ns.Tallies = append(ns.Tallies, t)
		}
	})
}

// twoNamespaces has live connections that fill a namespace's range, and
// orphans in FIN_WAIT2 in another.
func twoNamespaces() *evidence.Snapshot {
	return ruletest.Snapshot(func(s *evidence.Snapshot, ns *evidence.Namespace) {
		s.Owners = []evidence.Owner{process(70, "gunicorn", "/usr/bin/python3", "/usr/bin/gunicorn", "app:app")}
		t := ruletest.Inbound("10.0.0.1:80", "10.0.0.9")
		t.States[tcp.FinWait2], t.MiniFinWait2 = 400, 400
		ns.Listeners = []evidence.Listener{ruletest.Listening("0.0.0.0:80", 3, 70)}
		ns.Tallies = []evidence.Tally{t}
		blue := evidence.Namespace{ID: 2, Name: "blue", Settings: ruletest.Defaults()}
		blue.Settings.PortLow, blue.Settings.PortHigh = evidence.IntOf(40000), evidence.IntOf(40999)
		o := ruletest.Outbound("10.1.0.1", "10.1.0.2:6379")
		ruletest.Live(&o, tcp.Established, 900, 40000, 70)
		blue.Tallies = []evidence.Tally{o}
		s.Namespaces = append(s.Namespaces, blue)
	})
}

// oldKernel is out of ports with timestamps off, on a kernel without a delay
// to set, and has tcp_tw_recycle on.
func oldKernel() *evidence.Snapshot {
	return ruletest.Snapshot(func(s *evidence.Snapshot, ns *evidence.Namespace) {
		s.Host.Kernel, s.Host.HZ = "4.9.0-19-amd64", 250
		ns.Settings.TWReuse, ns.Settings.Timestamps = evidence.IntOf(1), evidence.IntOf(0)
		ns.Settings.TWReuseDelay, ns.Settings.TWRecycle = evidence.Int{State: evidence.Absent}, evidence.IntOf(1)
		ns.Settings.FinTimeout = evidence.IntOf(65)
		t := ruletest.Outbound("10.0.0.1", "10.0.0.2:443")
		ruletest.TimeWait(&t, 28232, 60, 32768)
		ns.Tallies = []evidence.Tally{t}
	})
}

func healthy() *evidence.Snapshot {
	return ruletest.Snapshot(func(*evidence.Snapshot, *evidence.Namespace) {})
}
