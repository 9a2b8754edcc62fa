// Command shapes prints the shapes of a YAML file, largest first, with numbers as a language writes them.
package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"gopkg.in/yaml.v3"
)

type shape struct {
	Name   string  `yaml:"name"`
	Width  float64 `yaml:"width"`
	Height float64 `yaml:"height"`
}

func (s shape) area() float64 { return s.Width * s.Height }

func report(in io.Reader, out io.Writer, tag language.Tag) error {
	var shapes []shape
	if err := yaml.NewDecoder(in).Decode(&shapes); err != nil {
		return fmt.Errorf("shapes: %w", err)
	}
	slices.SortFunc(shapes, func(a, b shape) int { return cmp.Compare(b.area(), a.area()) })
	printer := message.NewPrinter(tag)
	for _, s := range shapes {
		if _, err := printer.Fprintf(out, "%s %.2f\n", s.Name, s.area()); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	var lang string
	command := &cobra.Command{
		Use:          "shapes",
		Short:        "Print the areas of the shapes on standard input",
		Args:         cobra.NoArgs,
		SilenceUsage: true,
		RunE: func(command *cobra.Command, _ []string) error {
			tag, err := language.Parse(lang)
			if err != nil {
				return err
			}
			return report(command.InOrStdin(), command.OutOrStdout(), tag)
		},
	}
	command.Flags().StringVar(&lang, "language", "en", "BCP 47 tag of the language to print in")
	if command.Execute() != nil {
		os.Exit(1)
	}
}
