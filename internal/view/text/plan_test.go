package text_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
	data, err := os.ReadFile(filepath.Join("..", "..", "remedy", "testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var s evidence.Snapshot
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := text.New(&out, opt).Plan(remedy.Of(&s, rule.Judge(rules.All(), &s), l), full); err != nil {
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
