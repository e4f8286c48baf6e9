package cli_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/netlab"
	"github.com/linger-dev/linger/internal/tcp"
)

// busy is a private network in which one client holds a connection, and
// others are opened and closed all the time. It returns a process there.
func busy(t *testing.T, path string) int {
	t.Helper()
	needNamespaces(t)
	world, err := netlab.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { world.Close() })
	host, err := world.Host("shop")
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range map[string]string{"net.ipv4.ip_local_port_range": "20000 20999", "net.ipv4.tcp_tw_reuse": "0"} {
		if err := host.Sysctl(key, value); err != nil {
			t.Fatal(err)
		}
	}
	pid := 0
	for _, program := range [][]string{
		{"echo-server", "-addr", "127.0.0.1:7"},
		{"hold-client", "-target", "127.0.0.1:7"},
		{"short-client", "-target", "127.0.0.1:7", "-rate", "10", "-count", "100000"},
	} {
		cmd := exec.Command(path, append([]string{"workload"}, program...)...)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		process, err := host.Start(cmd)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		if !lines.Scan() {
			t.Fatalf("%s does not start", program[0])
		}
		go func() {
			for lines.Scan() {
			}
		}()
		pid = process.PID()
	}
	return pid
}

// What a user does: look, choose, open, hold still, filter, make the window
// smaller and larger, and leave.
func TestKernelTheLiveViewIsUsedInATerminal(t *testing.T) {
	t.Parallel()
	path := binary(t)
	needTracer(t, path) // else only the client that holds a connection can be named, and it is not the maker
	s := openScreen(t, 80, 24, nil, fmt.Sprintf("%s top --interval 200ms --netns %d", path, busy(t, path)))
	text := s.await(": ", "every 200ms", "TIME_WAIT", "127.0.0.1:7", "short-client", "exact")
	if first, _, _ := strings.Cut(text, "\n"); !regexp.MustCompile(`^(OK|WARNING|CRITICAL): `).MatchString(first) {
		t.Errorf("the first line is no answer: %q", first)
	}
	count := regexp.MustCompile(`TIME_WAIT +([0-9]+) `)
	waiting := func(text string) int {
		n, _ := strconv.Atoi(append(count.FindStringSubmatch(text), "", "")[1])
		return n
	}
	before := waiting(text)
	s.until("more TIME_WAIT", func(text string) bool { return waiting(text) > before })

	s.keys("Enter")
	s.await("DESTINATION 127.0.0.1:7 from 127.0.0.1", "ports 20000-20999", "20000 ", "made by     short-client", "(exact: traced)")
	s.keys("+", "+", "+")
	s.await("one in a cell", "T TIME_WAIT", "1 to 6: TIME_WAIT that came while this page was open")
	s.keys("Escape") // alone: with what follows at once it would be Alt
	s.await("1 STATES")
	s.keys("4", "Enter")
	s.await("OWNER short-client", "TIME_WAIT", "-target 127.0.0.1:7")
	s.keys("BSpace", "Space")
	held := waiting(s.await("PAUSED at"))
	s.resize(120, 40)
	if text := s.await("PAUSED at", "last 60 s"); waiting(text) != held {
		t.Error("a paused screen goes on")
	}
	s.keys("Space")
	s.until("that it goes on", func(text string) bool { return waiting(text) > held })
	s.resize(40, 10)
	s.until("the small screen", func(text string) bool {
		return strings.Contains(text, "4 OWNERS") && !strings.Contains(text, "1 STATES") && strings.Contains(text, "q quit  ? help")
	})
	s.resize(80, 24)
	s.keys("/", "n", "o", "s", "u", "c", "h", "Enter")
	s.await("1 STATES", `has "nosuch" in it`, `only "nosuch"`)
	s.keys("?")
	s.await("KEYS", "leave")
	s.keys("q")
	s.restored(0)
	nothingButWorkloads(t, path)
}

// nothingButWorkloads fails if linger itself still runs.
func nothingButWorkloads(t *testing.T, path string) {
	t.Helper()
	for _, dir := range running(path) {
		if line, err := os.ReadFile(filepath.Join(dir, "cmdline")); err == nil && !strings.Contains(string(line), "\x00workload\x00") {
			t.Errorf("it still runs: %q", line)
		}
	}
}

func TestKernelASignalEndsTheLiveViewAndGivesTheTerminalBack(t *testing.T) {
	t.Parallel()
	for name, sig := range map[string]syscall.Signal{"SIGTERM": syscall.SIGTERM, "SIGINT": syscall.SIGINT} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := binary(t)
			s := openScreen(t, 80, 24, nil, path+" top")
			s.await("1 STATES")
			for _, dir := range running(path) {
				pid, _ := strconv.Atoi(filepath.Base(dir))
				if err := syscall.Kill(pid, sig); err != nil {
					t.Error(err)
				}
			}
			s.restored(0)
		})
	}
}

func TestKernelTheLiveViewOfNoNamespaceIsAnErrorAfterWhichTheTerminalIsWhole(t *testing.T) {
	t.Parallel()
	s := openScreen(t, 80, 24, nil, binary(t)+" top --netns nosuch")
	s.await("linger: error: ", `"nosuch"`)
	s.restored(3)
}

// tapeOf writes a recording of a destination that fills, of so many looks.
func tapeOf(t *testing.T, looks int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tape")
	w, err := evidence.Create(path, "linger test")
	if err != nil {
		t.Fatal(err)
	}
	for i := range looks {
		if err := w.Write(look(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// look is what a destination looks like after so many seconds, one port each.
func look(second int) *evidence.Snapshot {
	tally := evidence.Tally{Key: evidence.Key{
		Direction: evidence.Outbound, Src: netip.MustParseAddr("10.0.0.1"), Dst: netip.MustParseAddr("10.0.0.2"), Port: 80,
	}, Reason: evidence.ByPortRange, Ports: new(evidence.PortSet), TimeWaitPorts: new(evidence.PortSet)}
	for i := range second + 1 {
		tally.Ports.Add(40000 + uint16(i))
		tally.TimeWaitPorts.Add(40000 + uint16(i))
		tally.Minute.Age[i]++
		tally.States[tcp.TimeWait]++
	}
	ns := evidence.Namespace{ID: 1, Name: "host", Tallies: []evidence.Tally{tally}}
	ns.Settings.PortLow, ns.Settings.PortHigh = evidence.IntOf(40000), evidence.IntOf(40099)
	return &evidence.Snapshot{
		Taken: time.Date(2026, 3, 1, 12, 0, second, 0, time.UTC), Namespaces: []evidence.Namespace{ns},
		Host: evidence.Host{Name: "web1", Kernel: "6.18.1", HZ: 250, Source: "live"},
	}
}

func TestKernelARecordingIsWoundInATerminal(t *testing.T) {
	t.Parallel()
	s := openScreen(t, 80, 24, []string{"LC_ALL=C", "NO_COLOR=1"}, binary(t)+" top --from "+tapeOf(t, 50))
	s.await("2026-03-01 12:00:00 UTC, look 1 of 50", "99 of 100")
	s.keys("]", "Right")
	s.await("12:00:02 UTC, look 3 of 50", "97 of 100")
	s.keys("End", "[")
	s.await("12:00:48 UTC, look 49 of 50", "51 of 100")
	s.keys("Home")
	s.await("look 1 of 50")
	s.keys("Space")
	s.await("look 3 of 50, playing")
	s.keys("}", "Enter")
	text := s.await("DESTINATION 10.0.0.2:80", "ports 40000-40099, one in a cell", "TTTTTTTTTT TTT....... ")
	if strings.ContainsFunc(text+s.text(), func(r rune) bool { return r > 0x7e }) {
		t.Errorf("not ASCII, though the locale asks for that:\n%s", text)
	}
	if coloured := s.text("-e"); regexp.MustCompile(`\x1b\[[0-9;]*3[0-7]m`).MatchString(coloured) {
		t.Errorf("colours in spite of NO_COLOR: %q", coloured)
	}
	s.keys("C-c")
	s.restored(0)
}

func TestKernelADamagedRecordingIsShownAsFarAsItGoes(t *testing.T) {
	t.Parallel()
	snap, err := json.Marshal(look(0))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "cut")
	text := `{"linger":"recording","version":1,"made_by":"linger test"}` + "\n" + `{"type":"snapshot","snapshot":` + string(snap) + "}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := openScreen(t, 80, 24, nil, binary(t)+" top --from "+path)
	s.await("look 1 of 1", "recording is cut after 1 snapshot")
	s.keys("]", "n")
	s.await("look 1 of 1", "NOT SEEN", "recording is cut after 1 snapshot")
	s.keys("q")
	s.restored(0)
}

// A slow line is sent what changes, not screens.
func TestKernelALookSendsLittleToTheTerminal(t *testing.T) {
	t.Parallel()
	s := openScreen(t, 80, 24, nil, binary(t)+" top --from "+tapeOf(t, 30))
	s.await("look 1 of 30")
	sent := filepath.Join(s.dir, "sent")
	s.tmux("pipe-pane", "cat >"+sent)
	for i := range 20 {
		s.keys("]")
		s.await(fmt.Sprintf("look %d of 30", i+2))
	}
	s.keys("q")
	s.restored(0)
	data, err := os.ReadFile(sent)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes a look", len(data)/20)
	if most := 80 * 24 / 2; len(data)/20 > most {
		t.Errorf("a look sends %d bytes, a whole screen has %d", len(data)/20, 80*24)
	}
}
