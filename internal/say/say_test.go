package say_test

import (
	"testing"

	"github.com/linger-dev/linger/internal/say"
)

func TestTheLocaleChoosesTheLanguage(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		want say.Lang
	}{
		{nil, say.English},
		{map[string]string{"LANG": "zh_CN.UTF-8"}, say.Chinese},
		{map[string]string{"LANG": "zh_SG.utf8"}, say.Chinese},
		{map[string]string{"LANG": "zh_CN.GB18030"}, say.English},
		{map[string]string{"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, say.English},
		{map[string]string{"LANG": "de_DE.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, say.Chinese},
		{map[string]string{"LANG": "zhuang.UTF-8"}, say.English},
	} {
		if got := say.Of(func(k string) string { return c.env[k] }); got != c.want {
			t.Errorf("%v speaks %v, want %v", c.env, got, c.want)
		}
	}
}

func TestChineseCanOrderItsArgumentsOtherwise(t *testing.T) {
	if got := say.Chinese.F("%d of %s", "%[2]s 的 %[1]d", 3, "x"); got != "x 的 3" {
		t.Error(got)
	}
	if got := say.English.F("100 %", "百分之百"); got != "100 %" {
		t.Errorf("a text without arguments is no format: %q", got)
	}
}

func TestEveryLanguageHasAName(t *testing.T) {
	for _, l := range say.Langs() {
		if got, ok := say.Parse(l.String()); !ok || got != l {
			t.Errorf("%v is not read back", l)
		}
	}
	if _, ok := say.Parse("de"); ok {
		t.Error("linger does not speak German")
	}
}

func TestATextIsMadeOfTexts(t *testing.T) {
	got := say.F("%s of %s", "%[2]s 的%[1]s", say.Text{EN: "half", ZH: "一半"}, "x").Join(say.Same("!"))
	if got.In(say.English) != "half of x!" || got.In(say.Chinese) != "x 的一半!" || got.Empty() || !(say.Text{}).Empty() {
		t.Errorf("%+v", got)
	}
}
