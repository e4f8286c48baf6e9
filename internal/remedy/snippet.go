package remedy

import (
	"embed"
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strings"

	"github.com/linger-dev/linger/internal/say"
)

//go:embed snippets
var texts embed.FS

// noService stands for snippets that name no address.
var noService netip.AddrPort

// row is what the table knows of one snippet. Its text is the file
// snippets/TOPIC/FILE.txt, in which @SCHEME@, @SERVICE@, @HOST@ and @PORT@
// stand for the destination.
type row struct {
	topic    topic
	client   Client
	text     string // name of the file, without ".txt"
	language string
	file     string // where it goes
	note     say.Text
}

// snippets returns what the table has on a topic for each client, in the
// order of the clients; where FastCGI is what a port is for, that is HTTP for
// all but web servers. service is written into the texts; of none, an address
// of documentation is.
func snippets(about topic, clients []Client, service netip.AddrPort, l say.Lang) []Snippet {
	if len(clients) == 0 {
		clients = []Client{Go}
	}
	if slices.Contains(clients, Go) { // not recognised: raw calls say it for every language
		clients = append(slices.Clone(clients), C)
	}
	var out []Snippet
	for _, c := range clients {
		found := rowsOf(about, c)
		if found == nil && about == fastcgi {
			found = rowsOf(web, c)
		}
		for _, r := range found {
			out = append(out, r.snippet(service, l))
		}
	}
	return out
}

func rowsOf(about topic, c Client) []row {
	var out []row
	for _, r := range table() {
		if r.topic == about && r.client == c {
			out = append(out, r)
		}
	}
	return out
}

func (r row) snippet(service netip.AddrPort, l say.Lang) Snippet {
	if !service.IsValid() {
		service = netip.AddrPortFrom(somewhere, 80)
	}
	text := strings.NewReplacer(
		"@SCHEME@", scheme(service.Port()), "@SERVICE@", service.String(), "@HOST@", service.Addr().String(), "@PORT@", fmt.Sprint(service.Port()),
	).Replace(r.read())
	note := r.note.In(l)
	if r.client == Go {
		note = l.F("If it is a Go program. ", "如果是 Go 程序。") + note
	}
	return Snippet{Client: r.client, Language: r.language, File: r.file, Text: text, Note: note}
}

// read returns the text of a row. A row without its file is a mistake that
// TestEverySnippetHasItsText finds; it reads as empty.
func (r row) read() string {
	data, err := texts.ReadFile(path.Join("snippets", string(r.topic), r.text+".txt"))
	if err != nil {
		return ""
	}
	return string(data)
}

// table lists all snippets.
func table() []row {
	return slices.Concat(webRows(), databaseRows(), servingRows(), closingRows(), sourceRows())
}
