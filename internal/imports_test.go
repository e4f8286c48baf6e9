package internal_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/linger-dev/linger/"

// rooms says what each room may import of the others. Test files are free.
var rooms = map[string]string{
	"internal":                               "",
	"internal/tcp":                           "",
	"internal/say":                           "",
	"internal/evidence":                      "tcp say",
	"internal/netns":                         "",
	"internal/tally":                         "tcp evidence",
	"internal/portspace":                     "tcp evidence",
	"internal/rule":                          "tcp say evidence portspace",
	"internal/explain":                       "say",
	"internal/lint":                          "say evidence",
	"internal/journal":                       "say evidence netns",
	"internal/why":                           "say tcp evidence portspace",
	"internal/twin":                          "tcp evidence twin/*",
	"internal/twin/chance":                   "",
	"internal/twin/plain":                    "tcp evidence twin twin/chance",
	"internal/twin/play":                     "say tcp evidence portspace scenario claims twin twin/*",
	"internal/twin/play/outcome":             "say evidence claims",
	"internal/twin/kerneltest":               "tcp evidence netlab twin observe/sockdiag observe/sysctl",
	"internal/twin/kerneltest/accuracy":      "twin/kerneltest",
	"internal/forecast":                      "tcp evidence portspace twin twin/*",
	"internal/portspace/*":                   "tcp evidence portspace netlab observe/*",
	"internal/observe/binders":               "tcp evidence portspace",
	"pool":                                   "",
	"pool/*":                                 "",
	"internal/remedy":                        "say tcp evidence portspace rule",
	"internal/rule/ruletest":                 "tcp say evidence portspace rule",
	"internal/observe/sockdiag":              "tcp evidence",
	"internal/observe/sockdiag/sockdiagtest": "tcp evidence observe/sockdiag",
	"internal/observe/owner":                 "evidence",
	"internal/observe/sysctl":                "evidence",
	"internal/observe":                       "tcp evidence netns tally observe/sockdiag observe/owner observe/sysctl",
	"internal/observe/tracer":                "tcp evidence",
	"internal/observe/closes":                "tcp evidence netns observe/owner observe/tracer",
	"internal/netlab":                        "tcp evidence",
	"internal/netlab/capture":                "tcp evidence netlab",
	"internal/netlab/rawpeer":                "tcp evidence netlab netlab/capture",
	"internal/scenario":                      "tcp",
	"internal/claims":                        "evidence scenario",
	"internal/lab":                           "tcp evidence scenario claims netlab netlab/* netns workload observe observe/sockdiag observe/sysctl",
	"internal/workload":                      "",
	"internal/demo":                          "tcp evidence netns netlab workload observe rule rules view portspace",
	"internal/rules":                         "rule rules/*",
	"internal/rules/*":                       "tcp say evidence portspace rule",
	"internal/view":                          "tcp say evidence portspace rule claims forecast",
	"internal/view/*":                        "tcp say evidence portspace rule claims remedy explain lint why forecast twin/play/outcome view view/escape view/chart",
	"internal/view/escape":                   "",
	"internal/vmtest":                        "",
	"internal/vmtest/*":                      "vmtest",
	"internal/vmtest/probe":                  "observe/tracer",
	"internal/vmtest/run":                    "vmtest claims evidence scenario",
	"internal/cli":                           "*",
	"cmd/linger":                             "cli",
	"bench":                                  "*",
	"bench/*":                                "*",
}

// outside says which packages from outside some rooms must not touch.
var outside = []struct{ rooms, forbidden, because string }{
	{
		"internal/rule internal/rules internal/portspace internal/tally internal/tcp internal/scenario internal/claims internal/explain internal/lint internal/remedy internal/say",
		"os os/exec golang.org/x/sys/unix",
		"judgement and descriptions are pure: they must not look at the machine",
	},
	{"internal/view", "os os/exec golang.org/x/sys/unix", "views print what they are given"},
}

type listed struct {
	ImportPath string
	Imports    []string
}

func list(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", module+"...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

func TestImportsGoOneWay(t *testing.T) {
	for _, p := range list(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		allowed, known := allowedFor(name)
		if !known {
			t.Errorf("%s is a room that this test does not know: say in rooms what it may import", name)
			continue
		}
		for _, imp := range p.Imports {
			room, ours := strings.CutPrefix(imp, module+"internal/")
			if ours && !permits(allowed, room) {
				t.Errorf("%s must not import %s: it may import %q", name, room, allowed)
			}
			if strings.HasPrefix(imp, module) && strings.HasSuffix(imp, "internal/cli") && name != "cmd/linger" {
				t.Errorf("%s imports cli: nothing but main does", name)
			}
		}
	}
}

func TestPureRoomsTouchNoMachine(t *testing.T) {
	for _, p := range list(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		for _, o := range outside {
			for room := range strings.FieldsSeq(o.rooms) {
				if name != room && !strings.HasPrefix(name, room+"/") || strings.HasSuffix(name, "test") {
					continue
				}
				for _, imp := range p.Imports {
					if permits(o.forbidden, imp) {
						t.Errorf("%s imports %s: %s", name, imp, o.because)
					}
				}
			}
		}
	}
}

func allowedFor(name string) (string, bool) {
	if a, ok := rooms[name]; ok {
		return a, true
	}
	i := strings.LastIndex(name, "/")
	if i < 0 {
		return "", false
	}
	a, ok := rooms[name[:i]+"/*"]
	return a, ok
}

func permits(allowed, room string) bool {
	for a := range strings.FieldsSeq(allowed) {
		if a == "*" || a == room || strings.HasSuffix(a, "/*") && strings.HasPrefix(room, strings.TrimSuffix(a, "*")) {
			return true
		}
	}
	return false
}
