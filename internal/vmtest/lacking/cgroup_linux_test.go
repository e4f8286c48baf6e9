package lacking

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	root = "/sys/fs/cgroup/"
	// What container runtimes and Kubernetes call things.
	containerID = "4f1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e"
	otherID     = "c0ffee3e4f5a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e"
	podUID      = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
)

// place is a set of control groups, and what they say of a process in them.
type place struct {
	name    string
	cgroups []string // below root
	says    someone  // of a process that is there
	gone    someone  // of one that is gone before it can be looked at
}

// onlyV2 is the layout of today.
func onlyV2(t *testing.T) {
	mounted(t, false, true)
	pod := "kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + strings.ReplaceAll(podUID, "-", "_") + ".slice/"
	gaps := whereabouts(t, []place{
		{
			"docker",
			[]string{"system.slice/docker-" + containerID + ".scope"},
			someone{Container: containerID},
			someone{Container: containerID},
		},
		{
			"pod",
			[]string{pod + "cri-containerd-" + containerID + ".scope"},
			someone{Container: containerID, Pod: podUID},
			someone{Container: containerID, Pod: podUID},
		},
		{"service", []string{"system.slice/nginx.service"}, someone{Unit: "nginx.service"}, someone{Unit: "nginx.service"}},
	})
	if at := slices.IndexFunc(gaps, aboutV1); at >= 0 {
		t.Errorf("linger trace tells of %+v", gaps[at])
	}
}

// onlyV1: the kernel tells a tracer nothing of these groups, so what is gone has
// no place.
func onlyV1(t *testing.T) {
	mounted(t, true, false)
	tellsOfV1(t, whereabouts(t, []place{
		{"docker", inEach("docker/"+containerID, "systemd", "pids", "freezer"), someone{Container: containerID}, someone{}},
		{
			"pod", inEach("kubepods/burstable/pod"+podUID+"/"+containerID, "systemd", "pids", "freezer"),
			someone{Container: containerID, Pod: podUID},
			someone{},
		},
		{"service", inEach("system.slice/nginx.service", "systemd"), someone{Unit: "nginx.service"}, someone{}},
	}))
}

// mixed: systemd keeps its units in both trees, a runtime its containers only in
// that of version 1, where the kernel does not look for a tracer.
func mixed(t *testing.T) {
	mounted(t, true, true)
	tellsOfV1(t, whereabouts(t, []place{
		{
			"docker", append(inEach("docker/"+containerID, "systemd", "pids", "freezer"), "unified/system.slice/docker.service"),
			someone{Container: containerID},
			someone{Unit: "docker.service"},
		},
		{ // which must not be taken for the container before it
			"other docker",
			append(inEach("docker/"+otherID, "systemd", "pids", "freezer"), "unified/system.slice/docker.service"),
			someone{Container: otherID},
			someone{Unit: "docker.service"},
		},
		{
			"service", inEach("system.slice/nginx.service", "systemd", "unified"),
			someone{Unit: "nginx.service"},
			someone{Unit: "nginx.service"},
		},
	}))
}

// withoutCgroups: nobody can say more of a process than its name, and its name
// is said.
func withoutCgroups(t *testing.T) {
	if _, err := os.Stat("/proc/self/cgroup"); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("control groups are here: %v", err)
	}
	c := child{}.start(t)
	c.does("open", 7030, 3)
	a := ask(t, "states", "--by=owner", "--trace=0")
	a.ends(t, healthy)
	a.says(t, "lacking.test")
	a = ask(t, "states", "--by=owner", "--trace=0", "--json")
	var states struct{ Owners []someone }
	a.reads(t, &states)
	for _, o := range states.Owners {
		someone{}.same(t, "linger states", o)
	}
}

// mounted requires that versions of control groups are mounted, or not.
func mounted(t *testing.T, v1, v2 bool) {
	t.Helper()
	text, err := os.ReadFile("/proc/mounts")
	if err != nil {
		t.Fatal(err)
	}
	is1, is2 := strings.Contains(string(text), " cgroup "), strings.Contains(string(text), " cgroup2 ")
	if is1 != v1 || is2 != v2 {
		t.Fatalf("version 1 is mounted: %v, version 2: %v", is1, is2)
	}
}

func inEach(path string, hierarchies ...string) (all []string) {
	for _, h := range hierarchies {
		all = append(all, h+"/"+path)
	}
	return all
}

// whereabouts has processes at all places, and requires that linger says of each
// where it is: while it has sockets, when it closes some, and when its end closed
// them, if it was gone before linger could look. It returns the gaps that linger
// trace tells.
func whereabouts(t *testing.T, places []place) []gap {
	t.Helper()
	w := watch(t)
	for i, p := range places {
		for _, g := range p.cgroups {
			if err := os.MkdirAll(filepath.Join(root, g), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		t.Run(p.name, func(t *testing.T) {
			p.alive(t, w, 7040+2*i)
			p.dead(t, w, 7041+2*i)
		})
	}
	return w.end(t).Gaps
}

func (p place) start(t *testing.T) *process {
	t.Helper()
	var c child
	for _, g := range p.cgroups {
		c.Cgroups = append(c.Cgroups, filepath.Join(root, g))
	}
	return c.start(t)
}

func (p place) alive(t *testing.T, w *watched, port int) {
	t.Helper()
	c := p.start(t)
	c.does("open", port, 2)
	a := ask(t, "states", "--by=owner", "--trace=0", "--json")
	var states struct{ Owners []someone }
	a.reads(t, &states)
	at := slices.IndexFunc(states.Owners, func(o someone) bool { return o.PID == c.PID })
	if at < 0 {
		t.Fatalf("linger does not name process %d: %s", c.PID, a.out)
	}
	p.says.same(t, "linger states", states.Owners[at])
	c.does("close", port, 2)
	for _, seen := range w.upToNow(port) {
		p.says.same(t, "linger trace", seen.Closer)
	}
}

// dead ends several processes, as linger may be so quick to look at one that it
// is not quite gone.
func (p place) dead(t *testing.T, w *watched, port int) {
	t.Helper()
	const many = 6
	for range many {
		c := p.start(t)
		c.does("open", port, 1)
		c.end()
	}
	gone := 0
	for _, seen := range w.upToNow(port) {
		if seen.Closer.State == "X" {
			gone++
			p.gone.same(t, "linger trace, of a process that is gone,", seen.Closer)
		}
	}
	if gone == 0 {
		t.Error("no process was gone before linger looked at it")
	}
}

// same requires that a process is said to be at the same place.
func (s someone) same(t *testing.T, who string, got someone) {
	t.Helper()
	got.PID, got.State = s.PID, s.State
	if got != s {
		t.Errorf("%s says %+v, not %+v", who, got, s)
	}
}

func aboutV1(g gap) bool { return strings.Contains(g.What, "cgroups of version 1") }

func tellsOfV1(t *testing.T, gaps []gap) {
	t.Helper()
	at := slices.IndexFunc(gaps, aboutV1)
	if at < 0 {
		t.Errorf("linger trace does not say what it cannot know: %+v", gaps)
		return
	}
	_, what, _ := strings.Cut(gaps[at].What, " ") // the first word is a number
	record(t, answer{command: "linger trace"}, "... "+what+": "+gaps[at].Loses)
}
