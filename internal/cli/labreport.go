package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/linger-dev/linger/internal/claims"
	"github.com/linger-dev/linger/internal/lab"
	"github.com/linger-dev/linger/internal/scenario"
	"github.com/linger-dev/linger/internal/view"
	"github.com/linger-dev/linger/internal/view/json"
	"github.com/linger-dev/linger/internal/view/text"
	"github.com/linger-dev/linger/internal/view/timeline"
)

// report prints the answer, and writes and shows the timelines.
func (c *labRunCmd) report(p *program, answer view.Claims, files []*scenario.File) error {
	if c.Keep != "" {
		for i, r := range answer.Results {
			if err := keepTimelines(c.Keep, files[i], r); err != nil {
				return err
			}
		}
	}
	if c.JSON {
		return json.New(p.out).Claims(answer)
	}
	if err := text.New(p.out, p.textOptions()).Claims(answer); err != nil {
		return err
	}
	if !c.Verbose {
		return nil
	}
	return printTimelines(p.out, answer)
}

// printTimelines shows what happened as ladders.
func printTimelines(w io.Writer, answer view.Claims) error {
	for _, r := range answer.Results {
		for _, play := range r.Plays {
			if play.Timeline == nil {
				continue
			}
			if _, err := fmt.Fprintf(w, "\n%s\n", strings.TrimSpace(r.Name+"  "+play.Case)); err != nil {
				return err
			}
			if err := timeline.Text(w, *play.Timeline); err != nil {
				return err
			}
		}
	}
	return nil
}

// keepTimelines draws the timelines of a result beside its packets.
func keepTimelines(dir string, f *scenario.File, r claims.Result) error {
	for _, play := range r.Plays {
		if play.Timeline == nil {
			continue
		}
		out, err := os.Create(filepath.Join(lab.Folder(dir, f, play.Case), "timeline.svg"))
		if err != nil {
			return fmt.Errorf("keep: %w", err)
		}
		err = timeline.SVG(out, *play.Timeline, timeline.Options{Title: r.Claim, Subtitle: subtitle(r, play)})
		if err := errors.Join(err, out.Close()); err != nil {
			return fmt.Errorf("keep: %w", err)
		}
	}
	return nil
}

func subtitle(r claims.Result, play claims.Play) string {
	parts := []string{r.Name}
	if play.Case != "" {
		parts = append(parts, play.Case)
	}
	return strings.Join(append(parts, string(play.Verdict), "Linux "+string(kernel())), " · ")
}
