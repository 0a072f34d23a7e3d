package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.reader.v1.Page;
import dev.prism.reader.v1.QueryRequest;
import dev.prism.reader.v1.ReaderServiceGrpc;
import dev.prism.sdk.rows.Values;
import dev.prism.transact.v1.Begin;
import dev.prism.transact.v1.Commit;
import dev.prism.transact.v1.DataWrite;
import dev.prism.transact.v1.Insert;
import dev.prism.transact.v1.Select;
import dev.prism.transact.v1.TransactServiceGrpc;
import dev.prism.transact.v1.TransactionRequest;
import dev.prism.transact.v1.TransactionResponse;
import dev.prism.type.v1.Comparison;
import dev.prism.type.v1.Filter;
import dev.prism.type.v1.Operator;
import io.grpc.ManagedChannel;
import io.grpc.stub.BlockingClientCall;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/** A transaction in steps, and the pages of what it wrote. */
final class JavaRowsSteps {
  private static final String TABLE = "clients";
  private static final String OWNER = "java";
  private static final int ROWS = 50;
  private static final int PAGE = 20;
  private static final Filter OWN_ROWS =
      Filter.newBuilder()
          .setComparison(
              Comparison.newBuilder()
                  .setColumn("owner")
                  .setOp(Operator.OPERATOR_EQUAL)
                  .setValue(Values.of(OWNER)))
          .build();

  private JavaRowsSteps() {}

  static void run(ManagedChannel channel) throws Exception {
    transaction(channel);
    System.out.println("transaction");
    read(channel);
    System.out.println("read");
  }

  /** Each step is answered before the next is sent; what it wrote is seen by it alone. */
  private static void transaction(ManagedChannel channel) throws Exception {
    BlockingClientCall<TransactionRequest, TransactionResponse> call =
        TransactServiceGrpc.newBlockingV2Stub(channel)
            .withInterceptors(Prism.session(System.getenv("TRANSACT_SESSION")))
            .transaction();
    assertThat(ask(call, TransactionRequest.newBuilder().setBegin(Begin.getDefaultInstance())))
        .matches(TransactionResponse::hasBegun);
    for (long n = 0; n < ROWS; n++) {
      Insert insert =
          Insert.newBuilder()
              .putValues("owner", Values.of(OWNER))
              .putValues("n", Values.of(n))
              .build();
      TransactionResponse written =
          ask(
              call,
              TransactionRequest.newBuilder()
                  .setWrite(DataWrite.newBuilder().setTable(TABLE).setInsert(insert)));
      assertThat(written.getWrite().getRows()).isEqualTo(1);
    }
    TransactionResponse selected =
        ask(
            call,
            TransactionRequest.newBuilder()
                .setSelect(
                    Select.newBuilder()
                        .setTable(TABLE)
                        .setFilter(OWN_ROWS)
                        .addColumns("n")
                        .setLimit(ROWS)));
    assertThat(selected.getRows().getRowsList()).hasSize(ROWS);
    assertThat(ask(call, TransactionRequest.newBuilder().setCommit(Commit.getDefaultInstance())))
        .matches(TransactionResponse::hasCommitted);
    assertThat(call.read()).isNull();
  }

  private static TransactionResponse ask(
      BlockingClientCall<TransactionRequest, TransactionResponse> call,
      TransactionRequest.Builder step)
      throws Exception {
    call.write(step.build());
    return call.read();
  }

  /** Page by page in the order of the key. */
  private static void read(ManagedChannel channel) throws Exception {
    var call =
        ReaderServiceGrpc.newBlockingV2Stub(channel)
            .withInterceptors(Prism.session(System.getenv("READER_SESSION")))
            .query(
                QueryRequest.newBuilder()
                    .setCollection(TABLE)
                    .setFilter(OWN_ROWS)
                    .setPageSize(PAGE)
                    .build());
    List<Page> pages = new ArrayList<>();
    for (var answer = call.read(); answer != null; answer = call.read()) {
      pages.add(answer.getPage());
    }
    assertThat(pages).hasSize(Math.ceilDiv(ROWS, PAGE));
    assertThat(
            pages.stream()
                .flatMap(page -> page.getRowsList().stream())
                .map(row -> row.getValues(1).getInt64Value()))
        .isEqualTo(LongStream.range(0, ROWS).boxed().toList());
  }
}
