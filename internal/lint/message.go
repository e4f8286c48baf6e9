package lint

import "github.com/linger-dev/linger/internal/say"

// Message is a sentence in all languages.
type Message = say.Text

// sayf formats a sentence in all languages; see say.Lang.F about the formats.
// A Message among the arguments is put in in the same language.
func sayf(en, zh string, args ...any) Message {
	return Message{EN: say.English.F(en, zh, spoken(say.English, args)...), ZH: say.Chinese.F(en, zh, spoken(say.Chinese, args)...)}
}

func spoken(lang say.Lang, args []any) []any {
	out := make([]any, len(args))
	for i, a := range args {
		out[i] = a
		if m, ok := a.(Message); ok {
			out[i] = m.In(lang)
		}
	}
	return out
}

// n writes a count with separators: "28,232".
func n[T int | int64](v T) string {
	digits := say.English.F("%d", "%d", v)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// unknown is the opinion on a value that only a running script knows.
func unknown() opinion {
	return is(Harmless, sayf("its value is not known here", "此处无法得知它的值"))
}

// isDefault is said of a value that changes nothing.
func isDefault() opinion {
	return is(Harmless, sayf("it is the kernel's default", "这就是内核的默认值"))
}

// both is a text that is the same in all languages: a number, a name.
func both(text string) Message { return Message{EN: text, ZH: text} }
