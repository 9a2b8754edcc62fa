// Command greet says hello in capitals.
package main

import (
	"fmt"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

func main() {
	fmt.Println(cases.Upper(language.English).String("hello"))
}
