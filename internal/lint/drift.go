package lint

import "strings"

// running compares the running kernel with what the next boot will set, and
// judges what only it has.
func (j *judging) running(atBoot map[string]winner) {
	for i := range j.report.Findings {
		f := &j.report.Findings[i]
		if w, ok := atBoot[f.Key]; ok && w.Place == f.Place && j.applies(f) {
			j.compare(f)
		}
	}
	for _, key := range j.keys {
		if w, ok := j.now[key]; ok && j.find(key).kind != readOnly {
			j.only(key, w, atBoot)
		}
	}
}

// only judges what the running kernel has and no file will set again.
func (j *judging) only(key string, w winner, atBoot map[string]winner) {
	file, filed := atBoot[key]
	if filed && j.same(key, w.Value, j.taken(file.Assignment)) {
		return // judged with the file
	}
	e := j.find(key)
	usual := e.fresh != nil && j.same(key, w.Value, e.fresh(j.in.Kernel))
	f, _ := j.judge(w, j.now)
	if then, known := j.afterBoot(key); !filed && known && !usual && j.in.System != nil {
		f.Live = &Drift{Now: w.Value, Then: then, What: sayf("no file sets it: the next boot brings back %s", "没有文件设置它：下次启动会恢复为 %s", blanked(then))}
	}
	changed := j.in.System == nil && e.fresh != nil && !usual
	if f.Live != nil || changed || f.Verdict.Exit() > 0 && !usual {
		j.report.Findings = append(j.report.Findings, f)
	}
}

// applies reports whether a line really changes the kernel.
func (j *judging) applies(f *Finding) bool {
	e := j.find(f.Key)
	if e == nil || !e.exists(j.in.Kernel) {
		return false
	}
	c := j.question(Assignment{Key: f.Key, Value: f.Value}, e, nil)
	_, no := c.refusal()
	return !no && e.kind != readOnly
}

// compare notes on a finding where the running kernel differs.
func (j *judging) compare(f *Finding) {
	now, ok := j.now[f.Key]
	then := j.taken(Assignment{Key: f.Key, Value: f.Value})
	if !ok || j.same(f.Key, now.Value, then) {
		return
	}
	f.Live = &Drift{Now: now.Value, Then: then, What: sayf("the running kernel has %s: this line takes effect at the next boot", "正在运行的内核为 %s：该行要到下次启动才生效", blanked(now.Value))}
}

// afterBoot is what a key that no file sets will be after the next boot, if
// that can be told.
func (j *judging) afterBoot(key string) (string, bool) {
	if e := j.find(key); e.fresh != nil && e.exists(j.in.Kernel) {
		return e.fresh(j.in.Kernel), true
	}
	return "", false
}

// same compares two values of a key.
func (j *judging) same(key, a, b string) bool {
	if e := j.find(key); e == nil || e.kind != portList {
		return sameValue(a, b)
	}
	x, ok1 := reserved(strings.TrimSpace(a))
	y, ok2 := reserved(strings.TrimSpace(b))
	return ok1 && ok2 && x.String() == y.String()
}

// taken is what the kernel makes of a value: "1 # on" is 1.
func (j *judging) taken(a Assignment) string {
	e := j.find(a.Key)
	if e.kind == portList || e.kind == readOnly {
		return a.Value
	}
	words := strings.FieldsFunc(a.Value, blank)
	if now := strings.Fields(j.now[a.Key].Value); e.kind == ports && len(words) == 1 && len(now) == 2 {
		words = append(words, now[1]) // one number sets the lower end only
	}
	return strings.Join(words[:min(len(words), e.most())], " ")
}

// blanked is a value for a sentence: an empty one must be seen too.
func blanked(value string) string {
	value = strings.Join(strings.FieldsFunc(value, blank), " ")
	if value == "" {
		return `""`
	}
	return value
}
