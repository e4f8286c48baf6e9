package text

import (
	"fmt"
	"strings"

	"github.com/linger-dev/linger/internal/explain"
	"github.com/linger-dev/linger/internal/say"
)

// MarkdownName is the file of a topic in docs/explain.
func MarkdownName(topic string, lang say.Lang) string {
	if lang == say.Chinese {
		return topic + ".zh.md"
	}
	return topic + ".md"
}

// MarkdownIndex is the file that leads to all topics in docs/explain.
const MarkdownIndex = "README"

// generatedNote warns whoever opens the file to change it.
const generatedNote = "<!-- Made by go generate from internal/explain/topics; do not edit. -->\n\n"

// otherLanguage returns the language to change to, and its name for itself.
func otherLanguage(lang say.Lang) (say.Lang, string) {
	if lang == say.Chinese {
		return say.English, "English"
	}
	return say.Chinese, "简体中文"
}

// Markdown returns a topic as a page of docs/explain.
func Markdown(t explain.Topic, lang say.Lang) string {
	var b strings.Builder
	b.WriteString(generatedNote)
	to, name := otherLanguage(lang)
	fmt.Fprintf(&b, "# %s\n\n[%s](%s) · [%s](%s)\n\n%s\n", plainMarkdown(t.Title.In(lang)), name, MarkdownName(t.Name, to),
		lang.F("all topics", "全部主题"), MarkdownName(MarkdownIndex, lang), plainMarkdown(t.Answer.In(lang)))
	for _, section := range t.Sections {
		fmt.Fprintf(&b, "\n## %s\n", plainMarkdown(section.Heading.In(lang)))
		for _, s := range section.Statements {
			fmt.Fprintf(&b, "\n- %s\n", plainMarkdown(s.Text.In(lang)))
			if len(s.Refs) > 0 {
				fmt.Fprintf(&b, "  <br>%s%s\n", lang.F("Reference: ", "依据："), plainMarkdown(s.References(lang)))
			}
			if len(s.ProvedBy) > 0 {
				fmt.Fprintf(&b, "  <br>%s`linger lab run %s`\n", lang.F("Proved by: ", "验证："), strings.Join(s.ProvedBy, " "))
			}
		}
	}
	links := make([]string, len(t.See))
	for i, name := range t.See {
		links[i] = fmt.Sprintf("[%s](%s)", name, MarkdownName(name, lang))
	}
	fmt.Fprintf(&b, "\n%s%s\n", lang.F("See also: ", "另见："), strings.Join(links, ", "))
	return b.String()
}

// MarkdownTopics returns the page that leads to all topics.
func MarkdownTopics(list []explain.Topic, lang say.Lang) string {
	var b strings.Builder
	b.WriteString(generatedNote)
	to, name := otherLanguage(lang)
	fmt.Fprintf(&b, "# %s\n\n[%s](%s)\n\n%s\n\n| | |\n| --- | --- |\n", lang.F("What linger explains", "linger 的说明"),
		name, MarkdownName(MarkdownIndex, to),
		lang.F("`linger explain TOPIC` shows the same in the terminal. Each statement has its reference, and where there is one, the claim that proves it on your kernel.",
			"`linger explain TOPIC` 在终端中显示同样的内容。每条陈述都有依据；能够验证的，附有可在你的内核上运行的命令。"))
	for _, t := range list {
		fmt.Fprintf(&b, "| [%s](%s) | %s |\n", t.Name, MarkdownName(t.Name, lang), plainMarkdown(t.Title.In(lang)))
	}
	return b.String()
}

// plainMarkdown keeps Markdown from taking characters of a text for its own.
func plainMarkdown(s string) string {
	return strings.NewReplacer(`\`, `\\`, "_", `\_`, "*", `\*`, "<", `\<`, "|", `\|`, "$", `\$`, "[", `\[`, "]", `\]`).Replace(s)
}
