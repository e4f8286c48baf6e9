package remedy

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/linger-dev/linger/internal/say"
)

func TestEverySnippetHasItsText(t *testing.T) {
	used := map[string]bool{}
	for _, r := range table() {
		if r.read() == "" {
			t.Errorf("%s/%s has no text", r.topic, r.text)
		}
		if r.note.EN == "" || r.note.ZH == "" || r.language == "" {
			t.Errorf("%s/%s: %+v", r.topic, r.text, r)
		}
		used["snippets/"+string(r.topic)+"/"+r.text+".txt"] = true
	}
	err := fs.WalkDir(texts, "snippets", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !used[path] {
			t.Errorf("%s is in no row", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSnippetsNameTheirDestination(t *testing.T) {
	for _, service := range []netip.AddrPort{noService, netip.MustParseAddrPort("10.0.0.2:8443"), netip.MustParseAddrPort("[2001:db8::2]:80")} {
		for _, r := range table() {
			text := r.snippet(service, say.English).Text
			for _, left := range []string{"@SERVICE@", "@HOST@", "@PORT@", "@SCHEME@"} {
				if strings.Contains(text, left) {
					t.Errorf("%s/%s still has %s", r.topic, r.text, left)
				}
			}
		}
	}
	got := snippets(web, []Client{Nginx}, netip.MustParseAddrPort("[2001:db8::2]:443"), say.English)[0].Text
	for _, want := range []string{"server [2001:db8::2]:443;", "proxy_pass https://backend;", `proxy_set_header Connection "";`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %s", want, got)
		}
	}
}

// each runs check for every snippet in a language, its text in a file of its
// own folder.
func each(t *testing.T, language, ending string, check func(t *testing.T, r row, file string)) {
	t.Helper()
	for _, r := range table() {
		if r.language != language {
			continue
		}
		t.Run(string(r.topic)+"/"+r.text, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "snippet"+ending)
			text := r.snippet(netip.MustParseAddrPort("10.0.0.2:8080"), say.English).Text
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			check(t, r, file)
		})
	}
}

// tool skips a test where the program that judges its snippets is not
// installed.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed, so nothing can tell whether its snippets are right", name)
	}
	return path
}

func must(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Errorf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

func TestGoSnippetsCompile(t *testing.T) {
	files := token.NewFileSet()
	standard := importer.ForCompiler(files, "gc", nil)
	each(t, "go", ".go", func(t *testing.T, _ row, file string) {
		tree, err := parser.ParseFile(files, file, nil, parser.AllErrors)
		if err != nil {
			t.Fatal(err)
		}
		for _, imp := range tree.Imports {
			if strings.Contains(imp.Path.Value, ".") {
				t.Skipf("only its syntax is checked: it imports %s", imp.Path.Value)
			}
		}
		checked := types.Config{Importer: standard}
		if _, err := checked.Check(tree.Name.Name, files, []*ast.File{tree}, nil); err != nil {
			t.Error(err)
		}
	})
}

func TestNginxTakesItsSnippets(t *testing.T) {
	nginx := tool(t, "nginx")
	each(t, "nginx", ".conf", func(t *testing.T, _ row, file string) {
		dir := filepath.Dir(file)
		whole := "pid nginx.pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n"
		for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
			whole += kind + "_temp_path " + filepath.Join(dir, kind) + ";\n"
		}
		whole += "include " + file + ";\n}\n"
		for name, text := range map[string]string{"nginx.conf": whole, "fastcgi_params": "fastcgi_param REQUEST_METHOD $request_method;\n"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		must(t, nginx, "-t", "-p", dir, "-c", filepath.Join(dir, "nginx.conf"))
	})
}

func TestHAProxyTakesItsSnippets(t *testing.T) {
	haproxy := tool(t, "haproxy")
	each(t, "haproxy", ".cfg", func(t *testing.T, _ row, file string) {
		args := []string{"-c"}
		for _, part := range []string{ // what the snippets leave to the rest of the file
			"defaults\n    mode http\n    timeout connect 5s\n    timeout client 5s\n    timeout server 5s\n",
			"",
			"frontend f\n    bind 127.0.0.1:8080\n    http-request return status 200\n",
		} {
			if part != "" {
				name := filepath.Join(t.TempDir(), "part.cfg")
				if err := os.WriteFile(name, []byte(part), 0o600); err != nil {
					t.Fatal(err)
				}
				args = append(args, "-f", name)
				continue
			}
			args = append(args, "-f", file)
		}
		must(t, haproxy, args...)
	})
}

func TestSquidTakesItsSnippets(t *testing.T) {
	squid := tool(t, "squid")
	each(t, "squid", ".conf", func(t *testing.T, _ row, file string) { must(t, squid, "-k", "parse", "-f", file) })
}

func TestApacheTakesItsSnippets(t *testing.T) {
	apache := tool(t, "apache2")
	each(t, "apache", ".conf", func(t *testing.T, _ row, file string) {
		dir := filepath.Dir(file)
		modules := os.Getenv("APACHE_MODULES")
		if modules == "" {
			modules = "/usr/lib/apache2/modules"
		}
		whole := "ServerName x\nDefaultRuntimeDir " + dir + "\nPidFile pid\nErrorLog /dev/stderr\nListen 127.0.0.1:8080\n"
		for _, m := range []string{"mpm_event", "authz_core", "proxy", "proxy_http"} {
			whole += "LoadModule " + m + "_module " + modules + "/mod_" + m + ".so\n"
		}
		conf := filepath.Join(dir, "apache.conf")
		if err := os.WriteFile(conf, []byte(whole+"Include "+file+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		must(t, apache, "-t", "-d", dir, "-f", conf)
	})
}

func TestScriptsAreWellFormed(t *testing.T) {
	for _, s := range []struct {
		language, ending, program string
		args                      []string
	}{
		{"javascript", ".js", "node", []string{"--check"}},
		{"python", ".py", "python3", []string{"-m", "py_compile"}},
		{"php", ".php", "php", []string{"-l"}},
		{"c", ".c", "gcc", []string{"-fsyntax-only", "-Wall", "-Werror"}},
	} {
		t.Run(s.language, func(t *testing.T) {
			program := tool(t, s.program)
			each(t, s.language, s.ending, func(t *testing.T, r row, file string) {
				if s.language == "c" && strings.Contains(r.read(), "curl/curl.h") && exec.Command(program, "-include", "curl/curl.h", "-fsyntax-only", "-xc", os.DevNull).Run() != nil {
					t.Skip("libcurl's headers are not installed")
				}
				must(t, program, append(s.args, file)...)
			})
		})
	}
}

func TestJavaSnippetsCompile(t *testing.T) {
	javac := tool(t, "javac")
	each(t, "java", ".java", func(t *testing.T, r row, file string) {
		if strings.Contains(r.read(), "redis.clients") {
			t.Skip("it needs Jedis, which is not installed")
		}
		must(t, javac, "-d", filepath.Dir(file), file)
	})
}
