package text_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/remedy"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/rules"
	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/view/text"
)

// fix returns the plan for evidence that package remedy's tests recorded.
func fix(t *testing.T, name string, l say.Lang, opt text.Options, full bool) string {
	t.Helper()
	return foretoldFix(t, name, l, opt, full, nil)
}

func foretoldFix(t *testing.T, name string, l say.Lang, opt text.Options, full bool, ask remedy.Forecaster) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "remedy", "testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var s evidence.Snapshot
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := text.New(&out, opt).Plan(remedy.Foretold(&s, rule.Judge(rules.All(), &s), l, ask), full); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestAPlanBeginsWithItsAnswer(t *testing.T) {
	for _, name := range []string{"nginx-low", "server-side", "two-namespaces", "healthy"} {
		golden(t, "plan-"+name, fix(t, name, say.English, text.Options{Width: 100, Unicode: true}, false))
	}
	golden(t, "plan-ascii", fix(t, "old-kernel", say.English, text.Options{}, false))
	golden(t, "plan-full-zh", fix(t, "php-out", say.Chinese, text.Options{Unicode: true}, true))
}

// TestAPlanSaysWhatTheTwinSays has a forecaster that gives every answer there is.
func TestAPlanSaysWhatTheTwinSays(t *testing.T) {
	ask := func(c remedy.Change) (remedy.Future, bool) {
		wide, reuse := c.Settings.PortLow.Value < 32768, c.Settings.TWReuse.Is(1)
		switch {
		case wide && c.Times == 1:
			return remedy.Future{Never: true, Early: 95 * time.Second}, true
		case wide:
			return remedy.Future{In: 72 * time.Second, Early: 70 * time.Second}, true
		case c.Passive && c.Times > 1:
			return remedy.Future{}, true
		case c.Passive:
			return remedy.Future{In: 300 * time.Second, Early: 200 * time.Second}, true
		case reuse:
			return remedy.Future{Never: true}, true
		case c.Times < 1:
			return remedy.Future{Until: 2 * time.Second}, true
		}
		return remedy.Future{In: 17 * time.Second, Early: 16 * time.Second, Late: 18 * time.Second}, true
	}
	golden(t, "plan-twin-en", foretoldFix(t, "nginx-low", say.English, text.Options{Width: 100, Unicode: true}, false, ask))
	golden(t, "plan-twin-zh", foretoldFix(t, "nginx-low", say.Chinese, text.Options{Width: 100, Unicode: true}, false, ask))
}
