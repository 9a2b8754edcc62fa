// Asks questions over HTTPS when each is due, whatever became of those before, each on a connection of its own, as another process would.
// It takes a fifth of the processor that Node takes for that, so that what is measured is who answers.
//
// In: the arguments PORT and FILE with the authority, and on standard input the questions as a JSON array. Out: their answers, in the same order.
// It stays until its input ends, so that somebody can see what it used.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"sync"
	"time"
)

const (
	host     = "127.0.0.1"
	patience = 10 * time.Second
	// Questions come from this many addresses, as those of pods do.
	addresses = 50
)

type question struct {
	// Milliseconds from the begin.
	At            float64 `json:"at"`
	Path          string  `json:"path"`
	Authorization string  `json:"authorization"`
}

type answer struct {
	At float64 `json:"at"`
	// From when it was due to the last byte of the answer: a wait for the sender counts as well.
	Milliseconds float64 `json:"milliseconds"`
	// 0: there was no answer.
	Status int `json:"status"`
}

func main() {
	authority, err := os.ReadFile(os.Args[2])
	check(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	var questions []question
	check(json.NewDecoder(os.Stdin).Decode(&questions))

	answers := make([]answer, len(questions))
	var under sync.WaitGroup
	began := time.Now()
	for number, asked := range questions {
		due := began.Add(time.Duration(asked.At * float64(time.Millisecond)))
		time.Sleep(time.Until(due))
		under.Go(func() {
			dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(1+number%addresses))}}
			status := ask(asked, dialer, &tls.Config{RootCAs: roots, ServerName: host})
			answers[number] = answer{asked.At, float64(time.Since(due)) / float64(time.Millisecond), status}
		})
	}
	under.Wait()
	check(json.NewEncoder(os.Stdout).Encode(answers))
	io.Copy(io.Discard, os.Stdin)
}

func ask(asked question, dialer *net.Dialer, config *tls.Config) (status int) {
	plain, err := dialer.Dial("tcp", net.JoinHostPort(host, os.Args[1]))
	if err != nil {
		return 0
	}
	defer plain.Close()
	connection := tls.Client(plain, config)
	connection.SetDeadline(time.Now().Add(patience))
	fmt.Fprintf(connection, "GET %s HTTP/1.1\r\nHost: %s\r\nAuthorization: %s\r\nConnection: close\r\n\r\n",
		asked.Path, host, asked.Authorization)
	text, _ := io.ReadAll(connection)
	fmt.Sscanf(string(text), "HTTP/1.1 %d", &status)
	return status
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
