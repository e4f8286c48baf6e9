// Package say holds the languages that linger speaks, and makes sure that
// every text exists in all of them: who writes a sentence writes it twice, side
// by side, so that neither can be forgotten and both can be compared.
package say

import (
	"fmt"
	"strings"
)

// Lang is a language that linger speaks. The zero value is English.
type Lang uint8

// The languages.
const (
	English Lang = iota
	Chinese      // Simplified
)

// Langs returns all languages, English first.
func Langs() []Lang { return []Lang{English, Chinese} }

// String returns "en" or "zh".
func (l Lang) String() string {
	if l == Chinese {
		return "zh"
	}
	return "en"
}

// Parse returns the language of a name such as "en" or "zh"; false if linger
// does not speak it.
func Parse(name string) (Lang, bool) {
	for _, l := range Langs() {
		if l.String() == name {
			return l, true
		}
	}
	return English, false
}

// Of returns the language of a locale, which the first of LC_ALL, LC_MESSAGES
// and LANG that is set names (setlocale(3)), such as "zh_CN.UTF-8". Everything
// but Chinese is English, and so is Chinese in another encoding than UTF-8,
// which linger cannot write.
func Of(getenv func(string) string) Lang {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		locale := strings.ToLower(getenv(name))
		if locale == "" {
			continue
		}
		language, encoding, _ := strings.Cut(locale, ".")
		utf8 := strings.HasPrefix(encoding, "utf-8") || strings.HasPrefix(encoding, "utf8")
		if utf8 && (language == "zh" || strings.HasPrefix(language, "zh_")) {
			return Chinese
		}
		return English
	}
	return English
}

// Text is one text in all languages.
type Text struct {
	EN string `json:"en"`
	ZH string `json:"zh"`
}

// F formats args in every language, as fmt.Sprintf does: arguments that are
// Texts each in that language. Where Chinese wants another order, its verbs
// say which argument they mean: "%[2]s". Both formats must use the same
// arguments with the same verbs; TestEveryMessageIsInBothLanguages looks at
// every call.
func F(en, zh string, args ...any) Text {
	return Text{EN: English.F(en, zh, args...), ZH: Chinese.F(en, zh, args...)}
}

// Same is a text that is the same in every language: a name, a number.
func Same(s string) Text { return Text{EN: s, ZH: s} }

// In returns the text in a language.
func (t Text) In(l Lang) string {
	if l == Chinese {
		return t.ZH
	}
	return t.EN
}

// Empty reports whether there is no text.
func (t Text) Empty() bool { return t == Text{} }

// Join appends texts to t, in each language.
func (t Text) Join(more ...Text) Text {
	for _, m := range more {
		t.EN += m.EN
		t.ZH += m.ZH
	}
	return t
}

// F formats args by the format of the language, as the function F does.
func (l Lang) F(en, zh string, args ...any) string {
	if l == Chinese {
		en = zh
	}
	if len(args) == 0 {
		return en
	}
	said := make([]any, len(args))
	for i, a := range args {
		said[i] = a
		if t, ok := a.(Text); ok {
			said[i] = t.In(l)
		}
	}
	return fmt.Sprintf(en, said...)
}
