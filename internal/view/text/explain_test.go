package text_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/charmbracelet/x/ansi"

	"github.com/linger-dev/linger/internal/explain"
	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/view/text"
)

// small is a topic with one of everything.
func small() explain.Topic {
	return explain.Topic{
		Name:   "small",
		Title:  say.Text{EN: "A small topic", ZH: "小主题"},
		Answer: say.Text{EN: "TIME_WAIT lasts 60 s, which is long enough for this line to be broken once at the least.", ZH: "TIME_WAIT 持续 60 s，这一行必须足够长，长到至少要断开一次，（括号）不能留在行尾，句号也不能出现在行首。"},
		Sections: []explain.Section{{
			Heading: say.Text{EN: "What is so", ZH: "事实"},
			Statements: []explain.Statement{
				{Text: say.Text{EN: "Both.", ZH: "两者。"}, Refs: []string{"RFC 9293 section 3.6", "tcp(7)"}, ProvedBy: []string{"lost-last-ack", "tw-reuse"}},
				{Text: say.Text{EN: "Only *a* reference|.", ZH: "只有依据。"}, Refs: []string{"measured on Linux 6.18"}},
				{Text: say.Text{EN: "Only a claim.", ZH: "只有证明。"}, ProvedBy: []string{"tw-reuse"}},
			},
		}},
		See: []string{"other", "another"},
	}
}

func TestATopicLooksAsInTheGoldenFiles(t *testing.T) {
	for _, lang := range say.Langs() {
		var out bytes.Buffer
		if err := text.New(&out, text.Options{Unicode: true}).Topic(small(), lang); err != nil {
			t.Fatal(err)
		}
		golden(t, "explain-"+lang.String(), out.String())
		golden(t, "explain-markdown-"+lang.String(), text.Markdown(small(), lang)+"----\n"+text.MarkdownTopics([]explain.Topic{small()}, lang))
	}
}

func TestTopicsKeepToTheWidthOfTheTerminal(t *testing.T) {
	topics, err := explain.Topics()
	if err != nil {
		t.Fatal(err)
	}
	alone := regexp.MustCompile(`^ *(s|ms|us|KB|MB)([^a-z]|$)`)
	for _, lang := range say.Langs() {
		for _, width := range []int{60, 80, 100} {
			var out bytes.Buffer
			reporter := text.New(&out, text.Options{Width: width, Unicode: lang == say.Chinese})
			for _, topic := range topics {
				if err := reporter.Topic(topic, lang); err != nil {
					t.Fatal(err)
				}
			}
			if err := reporter.Topics(topics, lang); err != nil {
				t.Fatal(err)
			}
			for line := range strings.SplitSeq(out.String(), "\n") {
				if n := ansi.StringWidth(line); n > width {
					t.Errorf("%v, %d columns: %d in %q", lang, width, n, line)
				}
				if alone.MatchString(line) {
					t.Errorf("%v, %d columns: a unit without its number: %q", lang, width, line)
				}
				if strings.ContainsAny(firstOf(line), "，。、；：？！）”") || strings.HasSuffix(line, "（") || strings.HasSuffix(line, "“") {
					t.Errorf("%v, %d columns: a mark on the wrong line: %q", lang, width, line)
				}
			}
			if lang == say.English && strings.ContainsFunc(out.String(), func(r rune) bool { return r > unicode.MaxASCII }) {
				t.Error("English is not plain ASCII")
			}
		}
	}
}

// firstOf is the first character of a line that is no blank.
func firstOf(line string) string {
	for _, r := range strings.TrimLeft(line, " ") {
		return string(r)
	}
	return ""
}

func TestNothingOfATopicIsLostInLines(t *testing.T) {
	topics, err := explain.Topics()
	if err != nil {
		t.Fatal(err)
	}
	squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
	for _, topic := range topics {
		for _, lang := range say.Langs() {
			var out bytes.Buffer
			if err := text.New(&out, text.Options{Width: 40, Unicode: true}).Topic(topic, lang); err != nil {
				t.Fatal(err)
			}
			shown := squeeze(out.String())
			for _, section := range topic.Sections {
				for _, s := range section.Statements {
					for _, want := range []string{s.Text.In(lang), s.References(lang), strings.Join(s.ProvedBy, " ")} {
						if !strings.Contains(shown, squeeze(want)) {
							t.Errorf("%s in %v lacks %q", topic.Name, lang, want)
						}
					}
				}
			}
		}
	}
}

func TestHeadingsAreBoldOnlyWhereThereIsColour(t *testing.T) {
	for _, color := range []bool{false, true} {
		var out bytes.Buffer
		if err := text.New(&out, text.Options{Color: color}).Topic(small(), say.English); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String(), "\x1b[1mWhat is so\x1b[0m\n") != color || strings.Contains(out.String(), "\x1b") != color {
			t.Errorf("colour %v: %q", color, out.String())
		}
	}
}

func TestAWordThatIsTooLongIsBroken(t *testing.T) {
	topic := small()
	topic.Answer = say.Text{EN: strings.Repeat("x", 50) + " end", ZH: strings.Repeat("长", 30) + "。" + strings.Repeat("！", 30)}
	for _, lang := range say.Langs() {
		var out bytes.Buffer
		if err := text.New(&out, text.Options{Width: 1, Unicode: true}).Topic(topic, lang); err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(out.String(), "\n") {
			// A terminal narrower than 16 columns breaks lines by itself.
			if n := ansi.StringWidth(strings.TrimLeft(line, " ")); n > 16+len("    reference: ") {
				t.Errorf("%d columns: %q", n, line)
			}
		}
		if got := strings.Count(strings.ReplaceAll(out.String(), "\n", ""), "x"); lang == say.English && got < 50 {
			t.Errorf("%d of 50 letters are left", got)
		}
	}
}
