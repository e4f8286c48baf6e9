package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linger-dev/linger/internal/explain"
	"github.com/linger-dev/linger/internal/say"
)

func topics(t *testing.T) []explain.Topic {
	t.Helper()
	all, err := explain.Topics()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// The pages are committed, so that they can be read without linger; nobody may
// edit them, and none may stay when its topic goes.
func TestTheFolderOfTopicsIsWhatGoGenerateMakes(t *testing.T) {
	made := t.TempDir()
	if err := (&explainCmd{Docs: made}).Run(&program{}); err != nil {
		t.Fatal(err)
	}
	page := manualExplain(topics(t))
	if err := os.WriteFile(filepath.Join(made, "linger-explain.7"), []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
	want, got := files(t, made), files(t, "../../docs/explain")
	if len(want) != len(say.Langs())*(len(topics(t))+1)+1 {
		t.Errorf("%d files are made", len(want))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("go generate ./cmd/... writes it anew:\n%.2000s", diff)
	}
}

func files(t *testing.T, folder string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, e := range entries {
		body, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(body)
	}
	return all
}

func TestTheManualsHoldEveryTopic(t *testing.T) {
	list, page := manualTopics(topics(t)), manualExplain(topics(t))
	for _, topic := range topics(t) {
		if !strings.Contains(list, "\n.B "+roff(topic.Name)+"\n") || !strings.Contains(page, "\n.SH \""+roff(strings.ToUpper(topic.Name))+"\"\n") {
			t.Errorf("no %s", topic.Name)
		}
		for _, section := range topic.Sections {
			for _, s := range section.Statements {
				if !strings.Contains(page, "\n"+roff(s.Text.EN)+"\n") {
					t.Errorf("%s lacks %q", topic.Name, s.Text.EN)
				}
			}
		}
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(list+page, "\n"), "\n") {
		if strings.HasPrefix(line, "'") || line == "" {
			t.Errorf("the formatter takes this line for a request, or for a break: %q", line)
		}
	}
}

func TestManPrintsThePageThatIsAskedFor(t *testing.T) {
	for page, want := range map[string]string{"linger": ".TH LINGER 8\n", "explain": ".TH LINGER\\-EXPLAIN 7\n"} {
		var out bytes.Buffer
		if err := (&manCmd{Page: page}).Run(&program{out: &out}); err != nil || !strings.HasPrefix(out.String(), want) {
			t.Errorf("%s: %v, %.40q", page, err, out.String())
		}
	}
}

func TestTheLanguageIsTheOneAskedForElseTheLocales(t *testing.T) {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES"} {
		t.Setenv(name, "")
	}
	for _, c := range []struct {
		flag, locale string
		want         say.Lang
	}{
		{"", "C", say.English},
		{"", "zh_CN.UTF-8", say.Chinese},
		{"en", "zh_CN.UTF-8", say.English},
		{"zh", "C", say.Chinese},
	} {
		t.Setenv("LANG", c.locale)
		command := explainCmd{Lang: c.flag}
		if got := command.language(); got != c.want {
			t.Errorf("--lang %q, LANG=%s: %v", c.flag, c.locale, got)
		}
		if c.want == say.Chinese && !command.textOptions(&program{}).Unicode {
			t.Errorf("--lang %q, LANG=%s: Chinese cannot be shown", c.flag, c.locale)
		}
	}
}

func TestAHintNamesTheNearestTopicsAndCanBePasted(t *testing.T) {
	for _, c := range []struct {
		near []string
		want string
	}{
		{nil, "hint: linger explain\n"},
		{[]string{"nat"}, "hint: linger explain nat\n"},
		{[]string{"nat", "ports", "quota"}, "hint: linger explain nat   # or: ports, quota\n"},
	} {
		var out bytes.Buffer
		err := (&program{err: &out}).noTopic(&explain.UnknownError{Word: "\x1b[31m", Near: slices.Clone(c.near)})
		if err != exitCode(exitFailed) || !strings.HasSuffix(out.String(), c.want) || strings.Contains(out.String(), "\x1b") {
			t.Errorf("%v: %q", err, out.String())
		}
	}
}
