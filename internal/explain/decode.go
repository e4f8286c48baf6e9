package explain

import (
	"strings"
	"unicode"

	"github.com/goccy/go-yaml"

	"github.com/linger-dev/linger/internal/say"
)

// decode reads a topic's file. A key that is not known is an error.
func decode(text []byte) (Topic, error) {
	var t Topic
	if err := yaml.UnmarshalWithOptions(text, &t, yaml.Strict()); err != nil {
		return Topic{}, err
	}
	t.Title, t.Answer = joined(t.Title), joined(t.Answer)
	for i := range t.Sections {
		section := &t.Sections[i]
		section.Heading = joined(section.Heading)
		for j := range section.Statements {
			s := &section.Statements[j]
			s.Text = joined(s.Text)
		}
	}
	return t, nil
}

func joined(t say.Text) say.Text { return say.Text{EN: join(t.EN), ZH: join(t.ZH)} }

// join makes one line of a text that its file breaks into several. Between two
// Chinese characters, and beside Chinese punctuation, a line break is nothing;
// elsewhere it is a blank.
func join(text string) string {
	var b strings.Builder
	last := rune(0)
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		first := []rune(line)[0]
		if last != 0 && !(wide(last) && wide(first)) && !mark(last) && !mark(first) {
			b.WriteByte(' ')
		}
		b.WriteString(line)
		runes := []rune(line)
		last = runes[len(runes)-1]
	}
	return b.String()
}

func wide(r rune) bool { return unicode.Is(unicode.Han, r) || mark(r) }

// mark reports whether r is punctuation of Chinese, which brings its own space.
func mark(r rune) bool {
	return r >= 0x3000 && r <= 0x303f || r >= 0xff00 && r <= 0xffef || strings.ContainsRune("“”‘’…—", r)
}
