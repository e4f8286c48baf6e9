package poolhttp_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/linger-dev/linger/pool/poolhttp"
)

func Example() {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()

	client := &http.Client{Transport: poolhttp.New(poolhttp.Options{})}
	defer client.CloseIdleConnections()

	resp, err := client.Get(server.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	resp.Body.Close() // the unread text of the error does not cost the connection
	fmt.Println(resp.Status)
	// Output: 404 Not Found
}
