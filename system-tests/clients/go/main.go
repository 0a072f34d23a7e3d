// The Go client (grpc-go) of the client tests: each step is a call or a few, and is printed once its answers were right.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

const maxMessage = 8 << 20

type step struct {
	name string
	run  func() error
}

func main() {
	if len(os.Args) != 3 {
		fail(errors.New("usage: client prism|queue|rows|testservice ENDPOINT"))
	}
	connection, err := grpc.NewClient(os.Args[2],
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage)))
	if err != nil {
		fail(err)
	}
	defer connection.Close()
	// No step may hang: what is not over after this is a failure.
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var steps []step
	switch os.Args[1] {
	case "prism":
		steps = prismSteps(ctx, connection)
	case "queue":
		steps = queueSteps(ctx, connection)
	case "rows":
		steps = rowsSteps(ctx, connection)
	case "testservice":
		steps = testServiceSteps(ctx, connection)
	default:
		fail(fmt.Errorf("no such set of steps: %s", os.Args[1]))
	}
	for _, step := range steps {
		if err := step.run(); err != nil {
			fail(fmt.Errorf("%s: %w", step.name, err))
		}
		fmt.Println(step.name)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// Reads a stream to its end, which must be that of a call that succeeded.
func readAll[T any](receive func() (T, error)) ([]T, error) {
	var all []T
	for {
		message, err := receive()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, message)
	}
}
