package remedy

import (
	"slices"
	"testing"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule/ruletest"
)

func TestClientsAreKnownByNameOrCommand(t *testing.T) {
	for _, c := range []struct {
		name  string
		words []string
		want  Client
	}{
		{"nginx", []string{"nginx: worker process"}, Nginx},
		{"haproxy", []string{"/usr/sbin/haproxy", "-Ws"}, HAProxy},
		{"envoy", []string{"/usr/local/bin/envoy", "-c", "x.yaml"}, Envoy},
		{"apache2", []string{"/usr/sbin/apache2", "-k", "start"}, Apache},
		{"httpd", nil, Apache},
		{"squid", []string{"(squid-1)", "--kid"}, Squid},
		{"php-fpm8.2", []string{"php-fpm: pool www"}, PHP},
		{"php", []string{"php", "artisan", "queue:work"}, PHP},
		{"java", []string{"/usr/bin/java", "-Xmx1g", "-jar", "app.jar"}, Java},
		{"Main", []string{"/opt/jdk/bin/java", "Main"}, Java},
		{"node", []string{"node", "server.js"}, Node},
		{"MainThread", []string{"/usr/local/bin/node", "x"}, Node},
		{"python3.11", []string{"python3.11", "-m", "app"}, Python},
		{"gunicorn", []string{"gunicorn: worker [app]"}, Python},
		{"start.sh", []string{"/bin/sh", "/srv/manage.py"}, Python},
		{"curl", []string{"curl", "http://x"}, Curl},
		{"worker", []string{"/srv/worker"}, Go},
		{"", nil, Go},
		{"phpmyadmin-x", []string{"phpmyadmin-x"}, Go},
	} {
		got, known := Recognise(&evidence.Owner{Name: c.name, Cmdline: c.words})
		if got != c.want || known != (c.want != Go) {
			t.Errorf("%q %q is %s (%v), want %s", c.name, c.words, got, known, c.want)
		}
	}
}

func TestSnippetsSuitTheClientAndTheService(t *testing.T) {
	for _, c := range []struct {
		client Client
		port   uint16
		want   []string // languages
	}{
		{Java, 3306, []string{"ini"}},
		{Python, 80, []string{"python", "python"}},
		{Node, 443, []string{"javascript", "javascript"}},
		{PHP, 3306, []string{"php"}},
		{Nginx, 8080, []string{"nginx"}},
		{Nginx, 9000, []string{"nginx"}},
		{Python, 9000, []string{"python", "python"}},
		{Go, 5432, []string{"go"}},
		{HAProxy, 3306, nil},
	} {
		var got []string
		for _, s := range snippets(topicOf(c.port), []Client{c.client}, noService, 0) {
			got = append(got, s.Language)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s to port %d: %v, want %v", c.client, c.port, got, c.want)
		}
	}
}

func TestAnUnknownProcessMayBeGo(t *testing.T) {
	s := ruletest.Snapshot(func(s *evidence.Snapshot, _ *evidence.Namespace) {
		s.Owners = []evidence.Owner{process(1, "worker"), process(2, "nginx"), process(3, "nginx")}
	})
	got := clientsOf(s, evidence.Maker{PIDs: []int{1, 3, 2, 99}})
	if !slices.Equal(got, []Client{Nginx, Go}) {
		t.Errorf("%v", got)
	}
	if got := clientsOf(s, evidence.Maker{}); !slices.Equal(got, []Client{Go}) {
		t.Errorf("nobody known: %v", got)
	}
}
