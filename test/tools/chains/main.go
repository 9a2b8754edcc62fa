// Says what Tekton Chains takes for the artifacts of a run: a TaskRun or PipelineRun as JSON on standard input, one
// `URI@ALGORITHM:HEX` a line on standard output.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/tektoncd/chains/pkg/chains/formats/slsa/extract"
	"github.com/tektoncd/chains/pkg/chains/objects"
	v1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
)

func main() {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		log.Fatal(err)
	}
	run, err := runIn(text)
	if err != nil {
		log.Fatal(err)
	}
	for _, artifact := range extract.RetrieveAllArtifactURIs(context.Background(), run, false) {
		fmt.Println(artifact)
	}
}

func runIn(text []byte) (objects.TektonObject, error) {
	var any struct {
		Kind string `json:"kind"`
	}
	if err := json.Unmarshal(text, &any); err != nil {
		return nil, err
	}
	switch any.Kind {
	case "TaskRun":
		run := &v1.TaskRun{}
		return objects.NewTaskRunObjectV1(run), json.Unmarshal(text, run)
	case "PipelineRun":
		run := &v1.PipelineRun{}
		return objects.NewPipelineRunObjectV1(run), json.Unmarshal(text, run)
	}
	return nil, fmt.Errorf("neither a TaskRun nor a PipelineRun: %q", any.Kind)
}
