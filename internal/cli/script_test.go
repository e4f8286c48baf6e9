package cli_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/linger-dev/linger/internal/cli"
)

// idler is the name of a program that waits until its input ends.
const idler = "idler"

// TestMain lets scripts, and programs that tests start, run linger from the
// test's own binary.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"linger": func() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
		idler:    func() { _, _ = io.Copy(io.Discard, os.Stdin) },
	})
}

func TestScriptsOfTheCommandLineRunAsWritten(t *testing.T) {
	docs, err := filepath.Abs("../../docs")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("DOCS", docs)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "refuses": refuses, "verdict": verdict, "jsonlines": jsonlines,
		},
	})
}

// status runs a program and returns its exit status.
func status(ts *testscript.TestScript, args []string) int {
	err := ts.Exec(args[0], args[1:]...)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		ts.Fatalf("%v", err)
	}
	if exit != nil {
		return exit.ExitCode()
	}
	return 0
}

// exits N PROGRAM [ARG...] checks the exit status.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: exits N program [arg...]")
	}
	if got := status(ts, args[1:]); strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit status %d, want %s", got, args[0])
	}
}

// refuses PROGRAM [ARG...] checks that the program answers nothing and exits
// with 3 after one line of error and one of hint.
func refuses(ts *testscript.TestScript, _ bool, args []string) {
	if got := status(ts, args); got != 3 {
		ts.Fatalf("exit status %d, want 3", got)
	}
	if out := ts.ReadFile("stdout"); out != "" {
		ts.Fatalf("an answer beside the error: %q", out)
	}
	lines := strings.Split(strings.TrimSuffix(ts.ReadFile("stderr"), "\n"), "\n")
	if len(lines) != 2 || !strings.HasPrefix(lines[0], "linger: error: ") || !strings.HasPrefix(lines[1], "linger: hint: ") {
		ts.Fatalf("not an error and a hint: %q", lines)
	}
}

// verdict PROGRAM [ARG...] checks that the first line begins with the word
// that the exit status stands for.
func verdict(ts *testscript.TestScript, _ bool, args []string) {
	got := status(ts, args)
	word, _, _ := strings.Cut(ts.ReadFile("stdout"), ":")
	if want, ok := map[string]int{"OK": 0, "WARNING": 1, "CRITICAL": 2}[word]; !ok || want != got {
		ts.Fatalf("the answer begins with %q, the exit status is %d", word, got)
	}
}

// jsonlines FILE SCHEMA N checks that the file is N lines, each an object of
// that schema.
func jsonlines(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: jsonlines file schema n")
	}
	n := 0
	lines := bufio.NewScanner(strings.NewReader(ts.ReadFile(args[0])))
	lines.Buffer(nil, 16<<20)
	for ; lines.Scan(); n++ {
		var object struct{ Schema string }
		if err := json.Unmarshal(lines.Bytes(), &object); err != nil || object.Schema != args[1] {
			ts.Fatalf("line %d: schema %q, error %v", n+1, object.Schema, err)
		}
	}
	if strconv.Itoa(n) != args[2] {
		ts.Fatalf("%d lines, want %s", n, args[2])
	}
}
