package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	keyvalue "prism.dev/client/contract/prism/keyvalue/v1"
	session "prism.dev/client/contract/prism/session/v1"
)

const collection = "go"

// A store, and the session to call it in.
type store struct {
	keyvalue.KeyValueServiceClient
	ctx context.Context
}

func prismSteps(ctx context.Context, connection *grpc.ClientConn) []step {
	kept := &store{KeyValueServiceClient: keyvalue.NewKeyValueServiceClient(connection)}
	// Opened before the backend was stopped: no session can be opened on one that gives no sign of life.
	stopped := &store{kept.KeyValueServiceClient, inSession(ctx, os.Getenv("STOPPED_SESSION"))}
	impatient := &store{kept.KeyValueServiceClient, inSession(ctx, os.Getenv("IMPATIENT_SESSION"))}
	return []step{
		{"session", func() error { return openSession(ctx, connection, kept) }},
		{"put and get", func() error { return putAndGet(kept, "key", []byte("value")) }},
		{"scan", func() error { return scan(kept) }},
		{"error details", func() error { return errorDetails(kept) }},
		{"deadline", func() error { return deadline(stopped) }},
		{"deadline of the server", func() error { return deadlineOfTheServer(impatient) }},
		{"cancel", func() error { return cancel(stopped, kept) }},
		{"4 MiB", func() error { return putAndGet(kept, "large", patterned(4<<20)) }},
	}
}

func openSession(ctx context.Context, connection *grpc.ClientConn, store *store) error {
	answer, err := session.NewSessionServiceClient(connection).CreateSession(ctx, &session.CreateSessionRequest{
		Config: &session.CreateSessionRequest_ConfigName{ConfigName: "default"},
	})
	if err != nil {
		return err
	}
	store.ctx = inSession(ctx, answer.GetSessionToken())
	return nil
}

func inSession(ctx context.Context, token string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "prism-session", token)
}

func putAndGet(store *store, key string, value []byte) error {
	put, err := store.Put(store.ctx, &keyvalue.PutRequest{Collection: collection, Key: key, Value: value})
	if err != nil {
		return fmt.Errorf("put: %w", err)
	}
	got, err := store.Get(store.ctx, &keyvalue.GetRequest{Collection: collection, Key: key})
	if err != nil {
		return fmt.Errorf("get: %w", err)
	}
	if !bytes.Equal(got.GetItem().GetValue(), value) {
		return fmt.Errorf("%d bytes that are not the %d that were put", len(got.GetItem().GetValue()), len(value))
	}
	if got.GetItem().GetEtag() != put.GetEtag() {
		return fmt.Errorf("etag %q, but put answered %q", got.GetItem().GetEtag(), put.GetEtag())
	}
	return nil
}

// Ten items of 100 kB: more than one message, and more than the window of a stream.
func scan(store *store) error {
	batch := &keyvalue.BatchPutRequest{Collection: collection}
	value := patterned(100_000)
	for i := range 10 {
		batch.Entries = append(batch.Entries, &keyvalue.BatchPutEntry{
			Key: fmt.Sprintf("scan-%d", i), PartitionKey: "scanned", Value: value})
	}
	written, err := store.BatchPut(store.ctx, batch)
	if err != nil {
		return fmt.Errorf("batch put: %w", err)
	}
	for _, result := range written.GetResults() {
		if result.GetSuccess() == nil {
			return fmt.Errorf("batch put: %v", result.GetError())
		}
	}
	stream, err := store.Scan(store.ctx, &keyvalue.ScanRequest{Collection: collection, PartitionKey: "scanned"})
	if err != nil {
		return err
	}
	messages, err := readAll(stream.Recv)
	if err != nil {
		return err
	}
	if len(messages) < 2 {
		return fmt.Errorf("%d message, so that this was no stream", len(messages))
	}
	var entries []*keyvalue.ScanEntry
	for _, message := range messages {
		entries = append(entries, message.GetEntries()...)
	}
	if len(entries) != 10 {
		return fmt.Errorf("%d items, not 10", len(entries))
	}
	for i, entry := range entries {
		if entry.GetKey() != fmt.Sprintf("scan-%d", i) || !bytes.Equal(entry.GetItem().GetValue(), value) {
			return fmt.Errorf("item %d is %q with %d bytes", i, entry.GetKey(), len(entry.GetItem().GetValue()))
		}
	}
	return nil
}

func errorDetails(store *store) error {
	_, err := store.Put(store.ctx, &keyvalue.PutRequest{
		Collection: collection, Key: "key", Precondition: &keyvalue.PutRequest_IfAbsent{IfAbsent: true}})
	return expectReason(err, codes.AlreadyExists, "KEY_EXISTS")
}

// The client's own deadline, on a call that the stopped backend never answers.
func deadline(store *store) error {
	ctx, cancel := context.WithTimeout(store.ctx, 300*time.Millisecond)
	defer cancel()
	_, err := get(ctx, store)
	return expectCode(err, codes.DeadlineExceeded)
}

// The deadline of the session's config: the server ends the call.
func deadlineOfTheServer(store *store) error {
	_, err := get(store.ctx, store)
	return expectReason(err, codes.DeadlineExceeded, "DEADLINE_EXCEEDED")
}

// Once a later call on the same connection was answered, the first one has been sent, too.
func cancel(stopped, kept *store) error {
	ctx, cancel := context.WithCancel(stopped.ctx)
	ended := make(chan error, 1)
	go func() {
		_, err := get(ctx, stopped)
		ended <- err
	}()
	if _, err := get(kept.ctx, kept); err != nil {
		return fmt.Errorf("before: %w", err)
	}
	cancel()
	if err := expectCode(<-ended, codes.Canceled); err != nil {
		return err
	}
	if _, err := get(kept.ctx, kept); err != nil {
		return fmt.Errorf("after: %w", err)
	}
	return nil
}

func get(ctx context.Context, store *store) (*keyvalue.GetResponse, error) {
	return store.Get(ctx, &keyvalue.GetRequest{Collection: collection, Key: "key"})
}

func expectCode(err error, code codes.Code) error {
	if status.Code(err) != code {
		return fmt.Errorf("status %s (%v), not %s", status.Code(err), err, code)
	}
	return nil
}

func expectReason(err error, code codes.Code, reason string) error {
	if err := expectCode(err, code); err != nil {
		return err
	}
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			if info.GetDomain() == "prism.dev" && info.GetReason() == reason {
				return nil
			}
			return fmt.Errorf("ErrorInfo %v", info)
		}
	}
	return fmt.Errorf("no ErrorInfo in %v", status.Convert(err).Details())
}

// Bytes of which no two neighbouring kilobytes are the same.
func patterned(size int) []byte {
	value := make([]byte, size)
	for i := range value {
		value[i] = byte(i * 31 % 251)
	}
	return value
}
