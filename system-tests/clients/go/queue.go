package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	queue "prism.dev/client/contract/prism/queue/v1"
	types "prism.dev/client/contract/prism/type/v1"
)

const (
	topic    = "go"
	messages = 1000
	credit   = 100
)

// Streams of messages in both directions, on a Prism that keeps them.
func queueSteps(ctx context.Context, connection *grpc.ClientConn) []step {
	service := queue.NewQueueServiceClient(connection)
	session := inSession(ctx, os.Getenv("QUEUE_SESSION"))
	return []step{
		{"publish stream", func() error { return publishStream(session, service) }},
		{"consume", func() error { return consume(session, service) }},
	}
}

// All are sent without waiting; the answers come in their order.
func publishStream(ctx context.Context, service queue.QueueServiceClient) error {
	stream, err := service.PublishStream(ctx)
	if err != nil {
		return err
	}
	sent := make(chan error, 1)
	go func() { sent <- publishAll(stream) }()
	answers, err := readAll(stream.Recv)
	if err != nil {
		return err
	}
	if err := <-sent; err != nil {
		return err
	}
	results := 0
	before := int64(-1)
	for _, answer := range answers {
		for _, result := range answer.GetResults() {
			if result.GetSuccess() == nil || result.GetSuccess().GetOffset() <= before {
				return fmt.Errorf("after offset %d: %v", before, result)
			}
			before = result.GetSuccess().GetOffset()
			results++
		}
	}
	if results != messages {
		return fmt.Errorf("%d results, not %d", results, messages)
	}
	return nil
}

func publishAll(stream queue.QueueService_PublishStreamClient) error {
	for i := range messages {
		request := &queue.PublishStreamRequest{
			Message: &queue.Message{Key: []byte("k"), Payload: []byte(strconv.Itoa(i))}}
		if i == 0 {
			request.Topic = topic
		}
		if err := stream.Send(request); err != nil {
			return err
		}
	}
	return stream.CloseSend()
}

// Grants as much as it has acknowledged, and ends once it has had all.
func consume(ctx context.Context, service queue.QueueServiceClient) error {
	stream, err := service.Consume(ctx)
	if err != nil {
		return err
	}
	start := &queue.ConsumeStart{
		Subscription: &queue.Subscription{
			Topic: topic,
			Group: "g",
			Start: &queue.Subscription_Position{Position: queue.StartPosition_START_POSITION_EARLIEST},
		},
		Credit: credit,
	}
	if err := stream.Send(&queue.ConsumeRequest{Request: &queue.ConsumeRequest_Start{Start: start}}); err != nil {
		return err
	}
	received, acknowledged := 0, 0
	for {
		answer, err := stream.Recv()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		deliveries := answer.GetDeliveries().GetDeliveries()
		for _, delivery := range deliveries {
			if string(delivery.GetMessage().GetPayload()) != strconv.Itoa(received) {
				return fmt.Errorf("message %d is %v", received, delivery)
			}
			received++
		}
		if len(deliveries) > 0 {
			if err := acknowledge(stream, deliveries); err != nil {
				return err
			}
		}
		for _, result := range answer.GetAckResults().GetResults() {
			if result.GetSuccess() == nil {
				return fmt.Errorf("acknowledgement %d: %v", acknowledged, result)
			}
			acknowledged++
		}
		if acknowledged == messages {
			if err := stream.CloseSend(); err != nil {
				return err
			}
		}
	}
	if received != messages || acknowledged != messages {
		return fmt.Errorf("%d received and %d acknowledged, not %d", received, acknowledged, messages)
	}
	return nil
}

func acknowledge(stream queue.QueueService_ConsumeClient, deliveries []*queue.Delivery) error {
	acks := &queue.ConsumeAcks{}
	for _, delivery := range deliveries {
		acks.Acks = append(acks.Acks, &types.Ack{
			Receipt: delivery.GetReceipt(), Outcome: &types.Ack_Ack{Ack: &emptypb.Empty{}}})
	}
	if err := stream.Send(&queue.ConsumeRequest{Request: &queue.ConsumeRequest_Acks{Acks: acks}}); err != nil {
		return err
	}
	more := &queue.ConsumeCredit{Messages: uint32(len(deliveries))}
	return stream.Send(&queue.ConsumeRequest{Request: &queue.ConsumeRequest_Credit{Credit: more}})
}
