package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"google.golang.org/grpc"

	reader "prism.dev/client/contract/prism/reader/v1"
	transact "prism.dev/client/contract/prism/transact/v1"
	types "prism.dev/client/contract/prism/type/v1"
)

const (
	table = "clients"
	owner = "go"
	rows  = 50
	page  = 20
)

// A transaction in steps, and the pages of what it wrote.
func rowsSteps(ctx context.Context, connection *grpc.ClientConn) []step {
	writer := transact.NewTransactServiceClient(connection)
	rowReader := reader.NewReaderServiceClient(connection)
	return []step{
		{"transaction", func() error { return transaction(inSession(ctx, os.Getenv("TRANSACT_SESSION")), writer) }},
		{"read", func() error { return read(inSession(ctx, os.Getenv("READER_SESSION")), rowReader) }},
	}
}

func text(value string) *types.Value {
	return &types.Value{Kind: &types.Value_StringValue{StringValue: value}}
}

func number(value int64) *types.Value {
	return &types.Value{Kind: &types.Value_Int64Value{Int64Value: value}}
}

func ownRows() *types.Filter {
	return &types.Filter{Condition: &types.Filter_Comparison{Comparison: &types.Comparison{
		Column: "owner", Op: types.Operator_OPERATOR_EQUAL, Value: text(owner)}}}
}

// Each step is answered before the next is sent; what it wrote is seen by it alone until it commits.
func transaction(ctx context.Context, service transact.TransactServiceClient) error {
	stream, err := service.Transaction(ctx)
	if err != nil {
		return err
	}
	ask := func(request *transact.TransactionRequest) (*transact.TransactionResponse, error) {
		if err := stream.Send(request); err != nil {
			return nil, err
		}
		return stream.Recv()
	}
	if _, err := ask(&transact.TransactionRequest{Request: &transact.TransactionRequest_Begin{Begin: &transact.Begin{}}}); err != nil {
		return err
	}
	for i := range int64(rows) {
		insert := &transact.Insert{Values: map[string]*types.Value{"owner": text(owner), "n": number(i)}}
		write := &transact.DataWrite{Table: table, Operation: &transact.DataWrite_Insert{Insert: insert}}
		answer, err := ask(&transact.TransactionRequest{Request: &transact.TransactionRequest_Write{Write: write}})
		if err != nil {
			return err
		}
		if answer.GetWrite().GetRows() != 1 {
			return fmt.Errorf("answer to an insert: %v", answer)
		}
	}
	selected := &transact.Select{Table: table, Filter: ownRows(), Columns: []string{"n"}, Limit: rows}
	answer, err := ask(&transact.TransactionRequest{Request: &transact.TransactionRequest_Select{Select: selected}})
	if err != nil {
		return err
	}
	if len(answer.GetRows().GetRows()) != rows {
		return fmt.Errorf("%d rows before the commit", len(answer.GetRows().GetRows()))
	}
	answer, err = ask(&transact.TransactionRequest{Request: &transact.TransactionRequest_Commit{Commit: &transact.Commit{}}})
	if err != nil {
		return err
	}
	if answer.GetCommitted() == nil {
		return fmt.Errorf("answer to the commit: %v", answer)
	}
	_, err = readAll(stream.Recv)
	return err
}

// Page by page in the order of the key.
func read(ctx context.Context, service reader.ReaderServiceClient) error {
	stream, err := service.Query(ctx, &reader.QueryRequest{Collection: table, Filter: ownRows(), PageSize: page})
	if err != nil {
		return err
	}
	answers, err := readAll(stream.Recv)
	if err != nil {
		return err
	}
	if len(answers) != (rows+page-1)/page {
		return fmt.Errorf("%d pages", len(answers))
	}
	next := int64(0)
	for _, answer := range answers {
		for _, row := range answer.GetPage().GetRows() {
			if row.GetValues()[1].GetInt64Value() != next {
				return fmt.Errorf("row %v, not %d", row, next)
			}
			next++
		}
	}
	if next != rows {
		return errors.New("rows are missing")
	}
	return nil
}
