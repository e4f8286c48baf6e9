package json

import (
	"github.com/linger-dev/linger/internal/lint"
)

// LintSchema names the object of `linger lint`.
const LintSchema = "linger.lint/1"

// linted is the object of `linger lint`.
type linted struct {
	Schema   string         `json:"schema"`
	Verdict  string         `json:"verdict"`
	Exit     int            `json:"exit"`
	Kernel   string         `json:"kernel"`
	Running  bool           `json:"running"`
	Boot     lint.Program   `json:"boot,omitempty"`
	Files    []string       `json:"files"`
	Masked   []lint.Masked  `json:"masked"`
	Others   int            `json:"others"`
	Settings []setting      `json:"settings"`
	Problems []lint.Problem `json:"problems"`
}

// setting is a lint.Finding.
type setting struct {
	Key        string             `json:"key"`
	Value      string             `json:"value"`
	By         lint.By            `json:"by"`
	File       string             `json:"file,omitempty"`
	Line       int                `json:"line,omitempty"`
	Scope      string             `json:"scope,omitempty"`
	Verdict    lint.Verdict       `json:"verdict"`
	Believed   *lint.Message      `json:"believed,omitempty"`
	Does       *lint.Message      `json:"does,omitempty"`
	Reason     lint.Message       `json:"reason"`
	Notes      []lint.Message     `json:"notes,omitempty"`
	Instead    *lint.Message      `json:"instead,omitempty"`
	References []string           `json:"references,omitempty"`
	Claims     []string           `json:"claims,omitempty"`
	Overridden []lint.Setting     `json:"overridden,omitempty"`
	Disagree   *lint.Disagreement `json:"disagree,omitempty"`
	Live       *lint.Drift        `json:"live,omitempty"`
}

// Lint writes the object of `linger lint`, its sentences in all languages.
func (r *Reporter) Lint(rep lint.Report) error {
	out := linted{
		Schema: LintSchema, Exit: rep.Exit(), Kernel: string(rep.Kernel), Running: rep.Running, Boot: rep.Boot,
		Files: orEmpty(rep.Files), Masked: orEmpty(rep.Masked), Others: rep.Others, Settings: []setting{}, Problems: orEmpty(rep.Problems),
	}
	if worst := rep.Worst(); worst > 0 {
		out.Verdict = worst.String()
	}
	for i := range rep.Findings {
		f := &rep.Findings[i]
		out.Settings = append(out.Settings, setting{
			Key: f.Key, Value: f.Value, By: f.By, File: f.File, Line: f.Line, Scope: f.Scope, Verdict: f.Verdict,
			Believed: some(f.Believed), Does: some(f.Does), Reason: f.Reason, Notes: f.Notes, Instead: some(f.Instead),
			References: f.References, Claims: f.Claims, Overridden: f.Overridden, Disagree: f.Disagree, Live: f.Live,
		})
	}
	return r.write(out)
}

// some is a sentence, or nil if there is none.
func some(m lint.Message) *lint.Message {
	if m == (lint.Message{}) {
		return nil
	}
	return &m
}
