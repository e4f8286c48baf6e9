package explain

import (
	"strings"

	"github.com/linger-dev/linger/internal/say"
)

// Reference returns a reference of a statement in a language. Names of
// documents, functions and commits stay as they are.
func Reference(ref string, lang say.Lang) string {
	if lang == say.English {
		return ref
	}
	if where, ok := strings.CutPrefix(ref, "measured on "); ok {
		return "在 " + where + " 上实测"
	}
	if ref == "Little's law" {
		return "利特尔定律（Little's law）"
	}
	words := strings.Fields(ref)
	for i, word := range words {
		switch {
		case word == "section" && i+1 < len(words):
			words[i], words[i+1] = "第", words[i+1]+" 节"
		case word == "figure":
			words[i] = "图"
		case word == "commit":
			words[i] = "提交"
		}
	}
	return strings.Join(words, " ")
}

// References returns all references of a statement, joined.
func (s *Statement) References(lang say.Lang) string {
	refs := make([]string, len(s.Refs))
	for i, ref := range s.Refs {
		refs[i] = Reference(ref, lang)
	}
	if lang == say.Chinese {
		return strings.Join(refs, "；")
	}
	return strings.Join(refs, "; ")
}
