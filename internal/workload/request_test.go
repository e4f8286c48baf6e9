package workload

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

func TestRequestNamesWhatIsWrong(t *testing.T) {
	for line, want := range map[string]string{
		`{`:                                                     "not a request",
		`{"id":1,"call":"bind","nonsense":1}`:                   "nonsense",
		`{"call":"close","socket":"a"} {}`:                      "more than one",
		`{"call":"dance","socket":"a"}`:                         "dance",
		`{"call":"close"}`:                                      "name",
		`{"call":"close","socket":"a,b"}`:                       "name",
		`{"call":"bind","socket":"a"}`:                          "at",
		`{"call":"connect","socket":"a"}`:                       "to",
		`{"call":"accept","socket":"a"}`:                        "of",
		`{"call":"fork"}`:                                       "child",
		`{"call":"read","socket":"a","bytes":-1}`:               "range",
		`{"call":"write","socket":"a","bytes":1,"data":"AAAA"}`: "exclude",
		`{"call":"bind","socket":"a","at":"1.2.3.4"}`:           "not a request",
		`{"call":"bind","socket":"a","options":"nonsense"}`:     "nonsense",
	} {
		if r, err := decodeRequest([]byte(line)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %+v, %v", line, r, err)
		}
	}
}

// answers runs Calls in this process.
func answers(t *testing.T, input string) (list []Answer) {
	t.Helper()
	var out bytes.Buffer
	if err := Calls(t.Context(), CallsOptions{In: strings.NewReader(input)}, &out); err != nil {
		t.Fatal(err)
	}
	for decode := json.NewDecoder(&out); ; {
		var l line
		if err := decode.Decode(&l); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		if l.Answer != nil {
			list = append(list, *l.Answer)
		}
	}
}

// A line that is no request is answered, with its id if it has one, and the
// program goes on.
func TestCallsAnswersNonsense(t *testing.T) {
	problems := map[uint64]string{}
	for _, a := range answers(t, "{}\nnonsense\n{\"id\":7,\"call\":\"fork\",\"child\":\"kid\"}\n{\"id\":8,\"call\":\"info\",\"socket\":\"none\"}\n") {
		problems[a.ID] = a.Problem
	}
	if len(problems) != 3 || problems[0] == "" || !strings.Contains(problems[7], "cannot fork") || !strings.Contains(problems[8], "none") {
		t.Errorf("%v", problems)
	}
}

func TestCallsFailsOnALineWithoutEnd(t *testing.T) {
	err := Calls(t.Context(), CallsOptions{In: strings.NewReader(strings.Repeat("x", requestLimit+1))}, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("%v", err)
	}
}

func TestCallsRefusesDescriptorsThatItHasNot(t *testing.T) {
	many := slices.Repeat([]string{"a"}, 1<<16)
	for what, o := range map[string]CallsOptions{
		"no name":  {Children: []string{"a,b"}},
		"both":     {Children: []string{"a"}, Inherit: []string{"b"}},
		"not open": {Children: many},
	} {
		o.In = strings.NewReader("")
		if err := Calls(t.Context(), o, io.Discard); err == nil {
			t.Error(what)
		}
	}
}

// Only lines that are no request are played: others would really be called.
func FuzzRequest(f *testing.F) {
	for _, seed := range []string{
		``, `{`, `null`, `{"id":1,"call":"connect","socket":"c","to":"10.0.0.1:80","options":"no_port,uid=5","times":3}`,
		`{"id":18446744073709551615,"call":"write","socket":"c","data":"aGVsbG8="}`, `{"id":-1}`, `{"call":"fork","child":"a"}`,
		`{"call":"listen","socket":"l","at":"[::]:80","options":"port_range=1-2,linger2=-1"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if bytes.ContainsAny(text, "\n\r") {
			return
		}
		r, err := decodeRequest(text)
		if err != nil {
			got := answers(t, string(text)+"\n")
			if len(text) == 0 && len(got) == 1 && got[0].Problem != "" {
				return
			}
			if len(got) != 1 || got[0].Problem == "" || got[0].ID != r.ID {
				t.Fatalf("%q: %+v", text, got)
			}
			return
		}
		again, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		back, err := decodeRequest(again)
		if err != nil || back.ID != r.ID || back.Options != r.Options || !bytes.Equal(back.Data, r.Data) {
			t.Fatalf("%q became %q: %v", text, again, err)
		}
	})
}
