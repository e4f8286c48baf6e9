package escape

import (
	"slices"
	"strings"
	"testing"
)

func TestChineseIsBrokenBetweenCharactersAndNotBeforeMarks(t *testing.T) {
	for _, c := range []struct {
		text string
		room int
		want []string
	}{
		{"one two three", 7, []string{"one two", "three"}},
		{"连接保持打开。再次使用", 12, []string{"连接保持打", "开。再次使用"}},
		{"端口 28,232 个", 8, []string{"端口", "28,232", "个"}},
		{"（一二）三四", 6, []string{"（一", "二）三", "四"}},
		{"lasts for 60 s", 12, []string{"lasts for", "60 s"}},
		{"abcdefghij", 4, []string{"abcd", "efgh", "ij"}},
		{"", 9, []string{""}},
	} {
		if got := Fold(c.text, c.room); !slices.Equal(got, c.want) {
			t.Errorf("%q in %d columns: %q, want %q", c.text, c.room, got, c.want)
		}
	}
}

func FuzzFoldLosesNothing(f *testing.F) {
	f.Add("TIME_WAIT 占用一个本地端口，约一分钟。 （见 RFC 9293）", 16)
	f.Add("a  b", 2)
	f.Add("\u0300 \x00", 2) // a word without width, then one that is longer than a line
	f.Fuzz(func(t *testing.T, text string, room int) {
		if room < 2 || room > 200 || len(text) > 1000 {
			t.Skip()
		}
		text = Text(text, true)
		bare := func(s string) string { return strings.ReplaceAll(s, " ", "") }
		lines := Fold(text, room)
		if got := bare(strings.Join(lines, "")); got != bare(text) {
			t.Errorf("%q became %q", text, got)
		}
		for _, line := range lines {
			if Cells(line) > room {
				t.Errorf("%q is wider than %d", line, room)
			}
		}
	})
}
