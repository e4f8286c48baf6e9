package cli_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const ownScenario = `name: own
claim: A port that is bound cannot be bound again.
hosts: {a: {}}
programs: {app: {on: a, run: calls}}
steps:
  - {bind: app.one, at: 127.0.0.1:80}
  - {bind: app.two, at: 127.0.0.1:80, fails: %ERRNO%}
`

func writeScenario(t *testing.T, errno string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "own.yaml")
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(ownScenario, "%ERRNO%", errno)), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestKernelAScenarioOfOnesOwnIsProvedOrRefuted(t *testing.T) {
	t.Parallel()
	needNamespaces(t)
	path := binary(t)
	out, err := exec.Command(path, "lab", "run", writeScenario(t, "EADDRINUSE")).Output()
	if got := exitStatus(t, err); got != 0 || !strings.HasPrefix(string(out), "1 claim: 1 proved (Linux ") {
		t.Errorf("exit status %d: %s", got, out)
	}
	out, err = exec.Command(path, "lab", "run", writeScenario(t, "none")).Output()
	got := exitStatus(t, err)
	inOrder(t, string(out), []string{"1 claim: 1 not so here", "NOT SO HERE  own", "line 7: bind app.two", "got EADDRINUSE"})
	if got != 1 {
		t.Errorf("exit status %d, want 1", got)
	}
	nothingLeft(t, path)
}

func TestKernelTheLaboratoryKeepsWhatItSaw(t *testing.T) {
	t.Parallel()
	needNamespaces(t)
	dir := t.TempDir()
	out, err := exec.Command(binary(t), "lab", "run", "--json", "--keep", dir, "time-wait-with-open-descriptor").Output()
	if got := exitStatus(t, err); got != 0 {
		t.Fatalf("exit status %d: %s", got, out)
	}
	var answer struct {
		Schema  string
		Proved  int
		Results []struct {
			Plays []struct{ Measured []struct{ Step, Got string } }
		}
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		t.Fatal(err)
	}
	if answer.Schema != "linger.claims/1" || answer.Proved != 1 || len(answer.Results[0].Plays[0].Measured) < 5 {
		t.Errorf("%s", out)
	}
	svg, err := os.ReadFile(filepath.Join(dir, "time-wait-with-open-descriptor", "timeline.svg"))
	if err != nil || !strings.Contains(string(svg), "TIME_WAIT") {
		t.Errorf("the picture: %v", err)
	}
	// The evidence is a recording like any other.
	recording := filepath.Join(dir, "time-wait-with-open-descriptor", "evidence-client.linger")
	states, err := exec.Command(binary(t), "states", "--from", recording).CombinedOutput()
	if got := exitStatus(t, err); got != 0 || !strings.Contains(string(states), "TIME_WAIT") {
		t.Errorf("exit status %d: %s", got, states)
	}
}

// A claim that needs what only root has says so; the others are played.
func TestKernelTheLaboratoryRunsWithoutRootOrSaysWhyNot(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can become another user")
	}
	path := binary(t)
	cmd := exec.Command(path, "lab", "run", "closer-keeps-time-wait", "memory-of-a-time-wait")
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	switch exitStatus(t, err) {
	case 0:
		inOrder(t, string(out), []string{
			"2 claims: 1 proved, 1 not testable here", "PROVED  closer-keeps-time-wait",
			"NOT TESTABLE HERE  memory-of-a-time-wait", "hint     run it as root",
		})
		if strings.Contains(string(out), "answered 4000") {
			t.Errorf("what cannot be weighed was played nevertheless:\n%s", out)
		}
	case 3:
		inOrder(t, string(out), []string{"linger: error: ", "\nlinger: hint: run it as root"})
	default:
		t.Errorf("%v\n%s", err, out)
	}
	nothingLeft(t, path)
}

func TestKernelAnInterruptedLaboratoryLeavesNothing(t *testing.T) {
	t.Parallel()
	needNamespaces(t)
	path := binary(t)
	cmd := exec.Command(path, "lab", "run", "time-wait-lasts-a-minute", "stopped-process-keeps-close-wait")
	var out strings.Builder
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); len(running(path)) < 3; time.Sleep(10 * time.Millisecond) { // linger and two of its programs
		if time.Now().After(end) {
			t.Fatal("no program was started")
		}
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if got := exitStatus(t, cmd.Wait()); got != 130 {
		t.Errorf("exit status %d, want 130", got)
	}
	inOrder(t, out.String(), []string{"not testable here", "interrupted"})
	nothingLeft(t, path)
}
