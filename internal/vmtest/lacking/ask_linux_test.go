package lacking

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// longest is how long linger may take for an answer, by the guest's clock.
const longest = 2 * time.Minute

// The exit statuses of linger.
const (
	healthy = 0
	failed  = 3
)

// answer is what linger said.
type answer struct {
	command string
	status  int
	out     string // standard output
	err     string // standard error
}

// linger returns the command line of the program that lies beside the tests.
func linger(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), longest)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, filepath.Join(here, "linger"), args...)
	cmd.Env = append(os.Environ(), "LANG=C", "COLUMNS=100")
	return cmd
}

// ask runs linger to its end. That it panics, or is ended by a signal, is a
// failure whatever the test is about.
func ask(t *testing.T, args ...string) answer {
	t.Helper()
	cmd := linger(t, args...)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("linger %s: %v", strings.Join(args, " "), err)
	}
	a := answer{"linger " + strings.Join(args, " "), cmd.ProcessState.ExitCode(), out.String(), complaints.String()}
	t.Logf("%s: status %d\n%s%s", a.command, a.status, a.out, a.err)
	if a.status < healthy || a.status > failed || strings.Contains(a.err, "goroutine ") {
		t.Errorf("%s ended with status %d: %s", a.command, a.status, a.err)
	}
	return a
}

// says requires that linger said a sentence, however its lines are broken, and
// tells the host of it. It looks at standard error too where linger could not
// answer.
func (a answer) says(t *testing.T, sentence string) {
	t.Helper()
	said := a.out
	if a.status == failed {
		said += a.err
	}
	if !strings.Contains(unbroken(said), sentence) {
		t.Errorf("%s (status %d) does not say %q:\n%s", a.command, a.status, sentence, said)
		return
	}
	record(t, a, sentence)
}

// isSilentOn requires that linger did not say something.
func (a answer) isSilentOn(t *testing.T, words string) {
	t.Helper()
	if strings.Contains(unbroken(a.out+a.err), words) {
		t.Errorf("%s says %q:\n%s%s", a.command, words, a.out, a.err)
	}
}

// ends requires an exit status.
func (a answer) ends(t *testing.T, status int) {
	t.Helper()
	if a.status != status {
		t.Errorf("%s ended with status %d, not %d:\n%s%s", a.command, a.status, status, a.out, a.err)
	}
}

// answers requires that linger gave an answer: its first line is there, and is
// no complaint.
func (a answer) answers(t *testing.T) {
	t.Helper()
	first, _, _ := strings.Cut(a.out, "\n")
	if a.status == failed || strings.TrimSpace(first) == "" || strings.Contains(first, "not seen") {
		t.Errorf("%s (status %d) does not begin with its answer:\n%s%s", a.command, a.status, a.out, a.err)
	}
}

// reads decodes an answer in JSON.
func (a answer) reads(t *testing.T, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.out), into); err != nil {
		t.Fatalf("%s: %v:\n%s%s", a.command, err, a.out, a.err)
	}
}

func unbroken(text string) string { return strings.Join(strings.Fields(text), " ") }

// record tells the host, as a line of JSON, what linger said where something
// was missing: the page that compares kernels quotes it.
func record(t *testing.T, a answer, sentence string) {
	t.Helper()
	_, lack, _ := strings.Cut(t.Name(), "/")
	words := strings.Fields(a.command)
	for i, w := range words {
		if dir := filepath.Dir(strings.TrimPrefix(w, "--from=")); strings.HasPrefix(dir, os.TempDir()) {
			words[i] = strings.Replace(w, dir+"/", "", 1) // each run has another
		}
	}
	err := json.NewEncoder(os.Stderr).Encode(map[string]any{
		"lack": lack, "command": strings.Join(words, " "), "status": a.status, "says": sentence,
	})
	if err != nil {
		t.Error(err)
	}
}
