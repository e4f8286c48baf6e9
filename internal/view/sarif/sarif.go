// Package sarif shows the answer of `linger lint` in the Static Analysis
// Results Interchange Format 2.1.0 (OASIS), which code hosts and editors read.
package sarif

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"path"
	"strings"

	"github.com/linger-dev/linger/internal/lint"
	"github.com/linger-dev/linger/internal/say"
)

const (
	version = "2.1.0"
	schema  = "https://json.schemastore.org/sarif-2.1.0.json"
)

// The ids of results that are not about a key of the table.
const (
	noSuchKey     = "no-such-key"
	notAssignment = "not-an-assignment"
)

// Options say how to write.
type Options struct {
	Lang    say.Lang
	Version string // of linger; may be empty
}

// Write writes one log with one run, ended by a line break. A setting that
// helps or is harmless is a result of kind "informational" and level "none",
// which viewers do not count; a file that could not be read is a notification
// of the run.
func Write(w io.Writer, rep lint.Report, opt Options) error {
	b := builder{opt: opt, index: make(map[string]int)}
	for i := range rep.Findings {
		b.finding(&rep.Findings[i])
	}
	b.invocation(&rep)
	out := sarifLog{Schema: schema, Version: version, Runs: []run{{
		Tool:        tool{driver{Name: "linger", Version: opt.Version, InformationURI: "https://github.com/linger-dev/linger", Rules: b.rules}},
		Language:    map[say.Lang]string{say.English: "en-US", say.Chinese: "zh-CN"}[opt.Lang],
		ColumnKind:  "unicodeCodePoints",
		Invocations: []invocation{b.call},
		Results:     b.results,
	}}}
	data, err := json.MarshalIndent(out, "", "  ")
	if err == nil {
		_, err = w.Write(append(data, '\n'))
	}
	if err != nil {
		return fmt.Errorf("write SARIF: %w", err)
	}
	return nil
}

// builder collects the parts of a run.
type builder struct {
	opt     Options
	rules   []rule
	index   map[string]int // of rules, by id
	results []result
	call    invocation
}

// rule returns the index of a rule, which is made when it is first met.
func (b *builder) rule(id string, short, full lint.Message, refs, claims []string) int {
	if i, ok := b.index[id]; ok {
		return i
	}
	r := rule{ID: id, Short: message{short.In(b.opt.Lang)}, Full: message{full.In(b.opt.Lang)}}
	help := full.In(b.opt.Lang)
	for _, ref := range refs {
		help += "\n" + ref
	}
	if len(claims) > 0 {
		help += "\n" + b.opt.Lang.F("Proof: linger lab run %s", "验证：linger lab run %s", strings.Join(claims, " "))
	}
	r.Help = message{help}
	b.rules = append(b.rules, r)
	b.index[id] = len(b.rules) - 1
	return b.index[id]
}

func (b *builder) finding(f *lint.Finding) {
	id := f.Key
	short := lint.Message{EN: "what " + f.Key + " is worth", ZH: f.Key + " 有没有用"}
	full := lint.Message{EN: "believed: " + f.Believed.EN + "; in fact: " + f.Does.EN, ZH: "人们以为：" + f.Believed.ZH + "；实际上：" + f.Does.ZH}
	if len(f.References) == 0 { // a name that no kernel knows is no rule of its own
		id = noSuchKey
		short = lint.Message{EN: "the kernel has no such key", ZH: "内核没有这个键"}
		full = short
	}
	res := result{
		RuleID: id, RuleIndex: b.rule(id, short, full, f.References, f.Claims),
		Kind: "fail", Level: level(f.Verdict), Message: message{b.sentence(f)}, Locations: []location{at(f.Place, f.Key)},
		Properties: map[string]any{"verdict": f.Verdict.String()},
	}
	if f.Verdict.Exit() == 0 {
		res.Kind = "informational"
	}
	for _, o := range f.Overridden {
		l := at(o.Place, f.Key)
		l.Message = &message{b.opt.Lang.F("overridden: %s = %s", "被覆盖：%s = %s", plain(f.Key), plain(o.Value))}
		res.Related = append(res.Related, l)
	}
	b.results = append(b.results, res)
}

// sentence is what a reader of the result must know.
func (b *builder) sentence(f *lint.Finding) string {
	lang := b.opt.Lang
	text := fmt.Sprintf("%s = %s: %s: %s", plain(f.Key), plain(strings.Join(strings.Fields(f.Value), " ")), f.Verdict.Word().In(lang), plain(f.Reason.In(lang)))
	for _, m := range f.Notes {
		text += lang.F(". ", "。") + plain(m.In(lang))
	}
	if f.Live != nil {
		text += lang.F(". ", "。") + plain(f.Live.What.In(lang))
	}
	if instead := f.Instead.In(lang); instead != "" {
		text += lang.F(". Instead: ", "。应改为：") + plain(instead)
	}
	return text + lang.F(".", "。")
}

// plain keeps brackets from being read as a link (SARIF 3.11.6).
func plain(text string) string {
	return strings.NewReplacer(`\`, `\\`, `[`, `\[`, `]`, `\]`).Replace(text)
}

func level(v lint.Verdict) string {
	switch v.Exit() {
	case 0:
		return "none"
	case 1:
		return "warning"
	}
	return "error"
}

// invocation says how the run went, and makes results of lines that are no
// assignments.
func (b *builder) invocation(rep *lint.Report) {
	b.call = invocation{Successful: !rep.Unread(), ExitCode: rep.Exit()}
	if b.results == nil {
		b.results = []result{}
	}
	for _, p := range rep.Problems {
		text := message{plain(p.What.In(b.opt.Lang))}
		if p.Fatal {
			b.call.Notifications = append(b.call.Notifications, notification{
				Level: "error", Message: text, Locations: []location{at(p.Place, "")},
			})
			continue
		}
		about := lint.Message{EN: "a line that is no assignment sets nothing", ZH: "不是赋值语句的行什么也不设置"}
		b.results = append(b.results, result{
			RuleID: notAssignment, RuleIndex: b.rule(notAssignment, about, about, nil, nil),
			Kind: "fail", Level: "warning", Message: text, Locations: []location{at(p.Place, "")},
		})
	}
	if b.rules == nil {
		b.rules = []rule{}
	}
}

// at is a place; the running kernel is a logical one.
func at(p lint.Place, key string) location {
	if p.File == "" {
		return location{Logical: []logical{{Name: "/proc/sys/" + lint.ProcPath(key), Kind: "resource"}}}
	}
	l := location{Physical: &physical{Artifact: artifact{address(p.File)}}}
	if p.Line > 0 {
		l.Physical.Region = &region{p.Line}
	}
	return l
}

// address is the URI of a file; a relative one stays relative.
func address(file string) string {
	u := url.URL{Path: path.Clean(file)}
	if path.IsAbs(file) {
		u.Scheme = "file"
		return "file://" + u.EscapedPath()
	}
	return u.String()
}
