package main

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	testing "google.golang.org/grpc/interop/grpc_testing"
)

var (
	requestSizes  = []int{27182, 8, 1828, 45904}
	responseSizes = []int32{31415, 9, 2653, 58979}
)

func testServiceSteps(ctx context.Context, connection *grpc.ClientConn) []step {
	service := testing.NewTestServiceClient(connection)
	return []step{
		{"unary", func() error { return unary(ctx, service) }},
		{"client streaming", func() error { return clientStreaming(ctx, service) }},
		{"server streaming", func() error { return serverStreaming(ctx, service) }},
		{"bidirectional", func() error { return bidirectional(ctx, service) }},
	}
}

func payload(size int) *testing.Payload {
	return &testing.Payload{Body: make([]byte, size)}
}

func unary(ctx context.Context, service testing.TestServiceClient) error {
	answer, err := service.UnaryCall(ctx, &testing.SimpleRequest{ResponseSize: 314159, Payload: payload(271828)})
	if err != nil {
		return err
	}
	return expectSize(answer.GetPayload(), 314159)
}

func clientStreaming(ctx context.Context, service testing.TestServiceClient) error {
	stream, err := service.StreamingInputCall(ctx)
	if err != nil {
		return err
	}
	for _, size := range requestSizes {
		if err := stream.Send(&testing.StreamingInputCallRequest{Payload: payload(size)}); err != nil {
			return err
		}
	}
	answer, err := stream.CloseAndRecv()
	if err != nil {
		return err
	}
	if answer.GetAggregatedPayloadSize() != 74922 {
		return fmt.Errorf("the sum is %d, not 74922", answer.GetAggregatedPayloadSize())
	}
	return nil
}

func serverStreaming(ctx context.Context, service testing.TestServiceClient) error {
	request := &testing.StreamingOutputCallRequest{}
	for _, size := range responseSizes {
		request.ResponseParameters = append(request.ResponseParameters, &testing.ResponseParameters{Size: size})
	}
	stream, err := service.StreamingOutputCall(ctx, request)
	if err != nil {
		return err
	}
	answers, err := readAll(stream.Recv)
	if err != nil {
		return err
	}
	if len(answers) != len(responseSizes) {
		return fmt.Errorf("%d messages, not %d", len(answers), len(responseSizes))
	}
	for i, answer := range answers {
		if err := expectSize(answer.GetPayload(), responseSizes[i]); err != nil {
			return err
		}
	}
	return nil
}

// Each request is sent after the answer to the one before.
func bidirectional(ctx context.Context, service testing.TestServiceClient) error {
	stream, err := service.FullDuplexCall(ctx)
	if err != nil {
		return err
	}
	for i, size := range requestSizes {
		request := &testing.StreamingOutputCallRequest{
			ResponseParameters: []*testing.ResponseParameters{{Size: responseSizes[i]}},
			Payload:            payload(size),
		}
		if err := stream.Send(request); err != nil {
			return err
		}
		answer, err := stream.Recv()
		if err != nil {
			return err
		}
		if err := expectSize(answer.GetPayload(), responseSizes[i]); err != nil {
			return err
		}
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	rest, err := readAll(stream.Recv)
	if err != nil {
		return err
	}
	if len(rest) != 0 {
		return fmt.Errorf("%d messages too many", len(rest))
	}
	return nil
}

func expectSize(payload *testing.Payload, size int32) error {
	if len(payload.GetBody()) != int(size) {
		return fmt.Errorf("a payload of %d bytes, not %d", len(payload.GetBody()), size)
	}
	return nil
}
