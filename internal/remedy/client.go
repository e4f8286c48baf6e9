package remedy

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/linger-dev/linger/internal/evidence"
)

// Client is a program, or what it is written in, for which there are snippets.
type Client string

// The clients. A Go program cannot be told by its name, so Go stands for what
// is not recognised too, with C, whose bare calls every language has.
const (
	Nginx   Client = "nginx"
	HAProxy Client = "haproxy"
	Envoy   Client = "envoy"
	Apache  Client = "apache"
	Squid   Client = "squid"
	PHP     Client = "php"
	Java    Client = "java"
	Node    Client = "node"
	Python  Client = "python"
	Curl    Client = "curl"
	Go      Client = "go"
	C       Client = "c"
)

// recogniser tells a client by the name of its process, or by a word of its
// command line.
type recogniser struct {
	client Client
	name   *regexp.Regexp // of the process, or of the program it was started as
	word   *regexp.Regexp // any word of the command line but the first; nil: none tells
}

// recognisers lists the clients, the more telling first: gunicorn's title may
// replace "python3", and a shell may start java.
var recognisers = []recogniser{
	{Nginx, regexp.MustCompile(`^(nginx|openresty|angie|tengine)`), nil},
	{HAProxy, regexp.MustCompile(`^haproxy`), nil},
	{Envoy, regexp.MustCompile(`^(envoy|pilot-agent|istio-proxy)$`), nil},
	{Squid, regexp.MustCompile(`^\(?squid`), nil},
	{PHP, regexp.MustCompile(`^(php|php-fpm|php-cgi|frankenphp)[0-9.]*(:|$)`), nil},
	{Apache, regexp.MustCompile(`^(apache2|httpd)$`), nil},
	{Java, regexp.MustCompile(`^(java|jsvc|catalina.*)$`), regexp.MustCompile(`^(-jar|-Xmx.*|-javaagent:.*)$`)},
	{Node, regexp.MustCompile(`^(node|nodejs|npm|pm2.*|next-server.*)$`), regexp.MustCompile(`\.[cm]?js$`)},
	{Python, regexp.MustCompile(`^(python|pypy)[0-9.]*$|^(gunicorn|uvicorn|hypercorn|celery|uwsgi|daphne)\b`), regexp.MustCompile(`(^|/)(gunicorn|uvicorn|celery|manage\.py)$|\.py$`)},
	{Curl, regexp.MustCompile(`^curl$`), nil},
}

// Recognise returns the client that a process is, and false if nothing tells.
func Recognise(o *evidence.Owner) (Client, bool) {
	names := []string{o.Name}
	var words []string
	if len(o.Cmdline) > 0 {
		// A title that a program gave itself is one string: "nginx: worker process".
		first, _, _ := strings.Cut(o.Cmdline[0], " ")
		names = append(names, path.Base(first), strings.TrimSuffix(path.Base(first), ":"))
		words = o.Cmdline[1:]
	}
	for _, r := range recognisers {
		if slices.ContainsFunc(names, r.name.MatchString) || r.word != nil && slices.ContainsFunc(words, r.word.MatchString) {
			return r.client, true
		}
	}
	return Go, false
}

// clientsOf returns the clients among processes in the order of their
// constants, none twice. Go is among them if one was not recognised.
func clientsOf(s *evidence.Snapshot, m evidence.Maker) []Client {
	var found []Client
	for _, pid := range m.PIDs {
		c := Go
		if o := s.Owner(pid); o != nil {
			c, _ = Recognise(o)
		}
		if !slices.Contains(found, c) {
			found = append(found, c)
		}
	}
	if found == nil {
		return []Client{Go}
	}
	order := []Client{Nginx, HAProxy, Envoy, Apache, Squid, PHP, Java, Node, Python, Curl, Go}
	slices.SortFunc(found, func(a, b Client) int { return slices.Index(order, a) - slices.Index(order, b) })
	return found
}

// topic is what a snippet is about.
type topic string

const (
	web        topic = "http"
	fastcgi    topic = "fastcgi"
	mysql      topic = "mysql"
	postgresql topic = "postgresql"
	redis      topic = "redis"
	serving    topic = "serve"   // connections that the program accepted
	closing    topic = "close"   // the end of the stream
	sources    topic = "sources" // choosing a source address without a port
)

// topicOf returns what is spoken on a port by custom. What is not known is
// taken for HTTP.
func topicOf(port uint16) topic {
	switch port {
	case 3306, 33060, 6033: // MySQL, its X protocol, ProxySQL
		return mysql
	case 5432, 6432: // PostgreSQL, PgBouncer
		return postgresql
	case 6379, 6380:
		return redis
	case 9000: // php-fpm
		return fastcgi
	}
	return web
}

// scheme is how a URL of a service on a port begins.
func scheme(port uint16) string {
	if port == 443 || port == 8443 || port == 9443 {
		return "https"
	}
	return "http"
}

// isWeb reports whether HTTP is what one expects on a port.
func isWeb(port uint16) bool {
	return slices.Contains([]uint16{80, 443, 3000, 3128, 5000, 8000, 8008, 8080, 8081, 8443, 8888, 9090, 9200, 9443}, port)
}
