package escape

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestTextIsPrintableWhateverItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")) + rapid.String().Draw(t, "text")
		allow := rapid.Bool().Draw(t, "unicode")
		got := Text(s, allow)
		if !utf8.ValidString(got) {
			t.Fatalf("%q is invalid", got)
		}
		for _, r := range got {
			if !unicode.IsPrint(r) || !allow && r > 0x7e {
				t.Fatalf("%q holds %U", got, r)
			}
		}
	})
	for in, want := range map[string]string{
		"nginx": "nginx", "a\x1b[0m\n": `a\x1b[0m\x0a`, "\xff": `\xff`, "\u202eabc": `\u{202e}abc`, "é": "é", "\ufffd": "\ufffd",
	} {
		if got := Text(in, true); got != want {
			t.Errorf("Text(%q) = %q, want %q", in, got, want)
		}
	}
	if got := Text("é", false); got != `\u{e9}` {
		t.Error(got)
	}
}

func TestFoldKeepsEveryLetterAndTheWidth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOf(rapid.StringMatching(`[a-zé]{1,30}`)).Draw(t, "words")
		width := rapid.IntRange(1, 40).Draw(t, "width")
		lines := Fold(strings.Join(words, " "), width)
		if len(lines) == 0 {
			t.Fatal("no line at all")
		}
		for _, line := range lines {
			if n := utf8.RuneCountInString(line); n > width {
				t.Fatalf("%q has %d letters, more than %d", line, n, width)
			}
		}
		if got, want := strings.ReplaceAll(strings.Join(lines, ""), " ", ""), strings.Join(words, ""); got != want {
			t.Fatalf("%q became %q", want, got)
		}
	})
}
