package explain_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/linger-dev/linger/internal/explain"
	"github.com/linger-dev/linger/internal/say"
)

func all(t *testing.T) []explain.Topic {
	t.Helper()
	topics, err := explain.Topics()
	if err != nil {
		t.Fatal(err)
	}
	return topics
}

// texts calls f with every text of a topic and its place.
func texts(topic explain.Topic, f func(place string, text say.Text)) {
	f(topic.Name+": title", topic.Title)
	f(topic.Name+": answer", topic.Answer)
	for _, section := range topic.Sections {
		f(topic.Name+": heading", section.Heading)
		for _, s := range section.Statements {
			f(topic.Name+", "+section.Heading.EN, s.Text)
		}
	}
}

func TestTheListOfTopicsIsTheFolder(t *testing.T) {
	entries, err := os.ReadDir("topics")
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, e := range entries {
		files = append(files, e.Name())
	}
	var listed []string
	for _, topic := range all(t) {
		listed = append(listed, topic.Name+".yaml")
	}
	slices.Sort(listed)
	if diff := cmp.Diff(files, listed); diff != "" {
		t.Error("a file that nobody is told of, or a topic under another name than its file's:\n" + diff)
	}
}

func TestEveryTextIsWrittenInBothLanguages(t *testing.T) {
	for _, topic := range all(t) {
		texts(topic, func(place string, text say.Text) {
			for _, l := range say.Langs() {
				if s := text.In(l); s == "" || s != strings.TrimSpace(s) || strings.ContainsAny(s, "\n\t") || strings.Contains(s, "  ") {
					t.Errorf("%s in %v is missing, or is not one tidy line: %q", place, l, s)
				}
			}
			if strings.ContainsFunc(text.EN, func(r rune) bool { return r > '~' }) {
				t.Errorf("%s: English that a terminal with only ASCII cannot show: %q", place, text.EN)
			}
			if !strings.ContainsFunc(text.ZH, func(r rune) bool { return unicode.Is(unicode.Han, r) }) && text.ZH != text.EN {
				t.Errorf("%s: not Chinese: %q", place, text.ZH)
			}
			if regexp.MustCompile(`\p{Han}[,;:!?]|\p{Han}\.( |$)|[,;] ?\p{Han}`).MatchString(text.ZH) {
				t.Errorf("%s: Western punctuation in Chinese: %q", place, text.ZH)
			}
		})
	}
}

// exact is what must be the same in both languages: numbers, and names that
// nobody translates (with an underscore, a digit, brackets, or two capitals).
var exact = regexp.MustCompile(`[A-Za-z0-9_][A-Za-z0-9_./,:*-]*`)

func exactWords(text string) []string {
	var words []string
	for _, word := range exact.FindAllString(text, -1) {
		word = strings.Trim(word, ".,:-")
		if len(word) > 2 && word[len(word)-1] == 's' && unicode.IsUpper(rune(word[len(word)-2])) {
			word = word[:len(word)-1] // FINs: Chinese has no plural
		}
		capitals := 0
		for _, r := range word {
			if unicode.IsUpper(r) {
				capitals++
			}
		}
		if strings.ContainsAny(word, "0123456789_") || capitals > 1 {
			words = append(words, word)
		}
	}
	slices.Sort(words)
	return slices.Compact(words)
}

func TestNumbersAndNamesAreTheSameInBothLanguages(t *testing.T) {
	for _, topic := range all(t) {
		texts(topic, func(place string, text say.Text) {
			if diff := cmp.Diff(exactWords(text.EN), exactWords(text.ZH)); diff != "" {
				t.Errorf("%s (- English, + Chinese):\n%s\n%s\n%s", place, text.EN, text.ZH, diff)
			}
		})
	}
}

func TestTheComparisonOfLanguagesSeesADifference(t *testing.T) {
	for _, c := range [][2]string{
		{"It takes 60 s.", "需要 61 s。"},
		{"TIME_WAIT ends.", "CLOSE_WAIT 结束。"},
		{"Linux 4.8 rounds up.", "Linux 4.9 向上取整。"},
		{"A FIN comes.", "收到 SYN。"},
	} {
		if cmp.Equal(exactWords(c[0]), exactWords(c[1])) {
			t.Errorf("%q and %q pass for the same", c[0], c[1])
		}
	}
}

func TestEveryStatementIsASentenceWithItsReference(t *testing.T) {
	for _, topic := range all(t) {
		if len(topic.Sections) == 0 {
			t.Errorf("%s says nothing", topic.Name)
		}
		if strings.HasSuffix(topic.Title.EN, ".") || strings.HasSuffix(topic.Title.ZH, "。") || len(topic.Title.EN) > 60 {
			t.Errorf("%s: a title is one short line without a full stop: %q", topic.Name, topic.Title)
		}
		for _, section := range topic.Sections {
			if len(section.Statements) == 0 {
				t.Errorf("%s: nothing under %q", topic.Name, section.Heading.EN)
			}
			for _, s := range section.Statements {
				if len(s.Refs)+len(s.ProvedBy) == 0 {
					t.Errorf("%s: how does one know? %q", topic.Name, s.Text.EN)
				}
				if !regexp.MustCompile(`[.)]$`).MatchString(s.Text.EN) || !regexp.MustCompile(`[。）]$`).MatchString(s.Text.ZH) {
					t.Errorf("%s: no sentence: %q", topic.Name, s.Text)
				}
				for _, list := range [][]string{s.Refs, s.ProvedBy} {
					if n := len(slices.Compact(slices.Sorted(slices.Values(list)))); n != len(list) || slices.Contains(list, "") {
						t.Errorf("%s: empty or twice: %q", topic.Name, list)
					}
				}
			}
		}
	}
}

// A reference is an RFC, a function or commit of Linux, a document of the
// kernel or of this project, a manual page, a measurement, or the name of a
// program's documented part.
var reference = regexp.MustCompile(`^(RFC \d+( section [\d.]+( figure \d+)?)?|Linux( \d\.\d+)? (commit [0-9a-f]{12}|struct \w+|[\w./]+( \w+)?)|Linux, net: .*\(\w+ \d{4}\)|` +
	`Documentation/[\w./-]+\.rst|docs/[\w.]+|\w+\(\d(const)?\)|measured on Linux 6\.18(, HZ=250)?|Little's law|(Go|nginx) [\w/]+ [\w.]+)$`)

func TestReferencesAreOfAKnownForm(t *testing.T) {
	for _, topic := range all(t) {
		for _, section := range topic.Sections {
			for _, s := range section.Statements {
				for _, ref := range s.Refs {
					if !reference.MatchString(ref) {
						t.Errorf("%s: %q", topic.Name, ref)
					}
				}
			}
		}
	}
}

func TestReferencesAreToldInChinese(t *testing.T) {
	for ref, want := range map[string]string{
		"RFC 9293 section 3.6 figure 13": "RFC 9293 第 3.6 节 图 13",
		"Linux commit 4396e46187ca":      "Linux 提交 4396e46187ca",
		"measured on Linux 6.18, HZ=250": "在 Linux 6.18, HZ=250 上实测",
		"tcp(7)":                         "tcp(7)",
	} {
		if got := explain.Reference(ref, say.Chinese); got != want {
			t.Errorf("%q is told as %q, want %q", ref, got, want)
		}
		if got := explain.Reference(ref, say.English); got != ref {
			t.Errorf("%q became %q in English", ref, got)
		}
	}
	// Nothing English is left but names.
	left := regexp.MustCompile(`\b(section|figure|commit|measured|law)\b`)
	for _, topic := range all(t) {
		for _, section := range topic.Sections {
			for _, s := range section.Statements {
				if got := strings.ReplaceAll(s.References(say.Chinese), "Little's law", ""); left.MatchString(got) {
					t.Errorf("%s: %q", topic.Name, got)
				}
			}
		}
	}
}
