package cli

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/linger-dev/linger/internal/explain"
	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/view/text"
)

// writeTopics writes a page for each topic, and one that leads to them, in
// each language. Other files in the folder stay.
func writeTopics(folder string) error {
	topics, err := explain.Topics()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("write topics: %w", err)
	}
	for _, lang := range say.Langs() {
		pages := map[string]string{text.MarkdownIndex: text.MarkdownTopics(topics, lang)}
		for _, t := range topics {
			pages[t.Name] = text.Markdown(t, lang)
		}
		for name, page := range pages {
			if err := os.WriteFile(filepath.Join(folder, text.MarkdownName(name, lang)), []byte(page), 0o644); err != nil {
				return fmt.Errorf("write topics: %w", err)
			}
		}
	}
	return nil
}
