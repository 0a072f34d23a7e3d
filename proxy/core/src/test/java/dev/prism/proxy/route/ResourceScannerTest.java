package dev.prism.proxy.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Descriptors.Descriptor;
import dev.prism.keyvalue.v1.GetRequest;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.queue.v1.ConsumeAcks;
import dev.prism.queue.v1.ConsumeRequest;
import dev.prism.queue.v1.ConsumeStart;
import dev.prism.queue.v1.Subscription;
import dev.prism.session.v1.HeartbeatRequest;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import dev.prism.transact.v1.Begin;
import dev.prism.transact.v1.DataWrite;
import dev.prism.transact.v1.Inbox;
import dev.prism.transact.v1.MailboxMessage;
import dev.prism.transact.v1.TransactionRequest;
import dev.prism.transact.v1.WriteRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResourceScannerTest {
  private static final long SEED = 20261123;

  private static final ResourceScanner GET = ResourceScanner.of(GetRequest.getDescriptor());
  private static final ResourceScanner WRITE = ResourceScanner.of(WriteRequest.getDescriptor());
  private static final ResourceScanner CONSUME = ResourceScanner.of(ConsumeRequest.getDescriptor());

  static Stream<Descriptor> requests() {
    return MethodTable.ofContract().all().stream().map(MethodTable.Method::request).distinct();
  }

  @Test
  void aPlainNameIsRead() {
    byte[] request =
        GetRequest.newBuilder().setCollection("Grüße").setKey("k").build().toByteArray();

    String name = GET.one(request);

    assertThat(name).isEqualTo("Grüße");
    assertThat(GET.scan(request)).containsExactly("Grüße");
  }

  @Test
  void anUnsetNameIsNone() {
    byte[] request = GetRequest.newBuilder().setKey("k").build().toByteArray();

    List<String> names = GET.scan(request);

    assertThat(names).isEmpty();
    assertThat(GET.one(request)).isEmpty();
  }

  @Test
  void aRequestWithoutResourceFieldsNamesNothing() {
    ResourceScanner scanner = ResourceScanner.of(HeartbeatRequest.getDescriptor());

    List<String> names = scanner.scan(new byte[0]);

    assertThat(names).isEmpty();
  }

  @Test
  void ofANameThatStandsTwiceTheLastCounts() {
    byte[] request =
        joined(
            GetRequest.newBuilder().setCollection("allowed").setKey("k").build().toByteArray(),
            GetRequest.newBuilder().setCollection("secret").build().toByteArray());

    String name = GET.one(request);

    assertThat(name).isEqualTo("secret");
  }

  @Test
  void everyTableAndMailboxOfAWriteIsRead() {
    byte[] request =
        WriteRequest.newBuilder()
            .addWrites(DataWrite.newBuilder().setTable("orders"))
            .addWrites(DataWrite.newBuilder().setTable("orders"))
            .addWrites(DataWrite.newBuilder().setTable("lines"))
            .addMessages(MailboxMessage.newBuilder().setMailbox("events"))
            .setInbox(Inbox.newBuilder().setName("billing"))
            .build()
            .toByteArray();

    List<String> names = WRITE.scan(request);

    assertThat(names).containsExactly("orders", "lines", "events", "billing");
  }

  @Test
  void aMessageThatStandsTwiceIsMerged() {
    byte[] request =
        joined(
            start(Subscription.newBuilder().setTopic("orders")),
            start(Subscription.newBuilder().setGroup("g")));

    List<String> names = CONSUME.scan(request);

    assertThat(names).containsExactly("orders");
  }

  @Test
  void anotherMemberOfTheOneofClearsTheName() {
    byte[] request =
        joined(
            start(Subscription.newBuilder().setTopic("orders")),
            ConsumeRequest.newBuilder()
                .setAcks(ConsumeAcks.getDefaultInstance())
                .build()
                .toByteArray());

    List<String> names = CONSUME.scan(request);

    assertThat(names).isEmpty();
  }

  @Test
  void anInboxWithinTheFirstStepIsRead() {
    byte[] request =
        TransactionRequest.newBuilder()
            .setBegin(Begin.newBuilder().setInbox(Inbox.newBuilder().setName("billing")))
            .build()
            .toByteArray();

    List<String> names = ResourceScanner.of(TransactionRequest.getDescriptor()).scan(request);

    assertThat(names).containsExactly("billing");
  }

  @Test
  void unknownFieldsAndGroupsAreSteppedOver() throws IOException {
    ByteArrayOutputStream request = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(request);
    out.writeTag(1000, Wire.START_GROUP);
    out.writeString(1, "not a collection");
    out.writeTag(7, Wire.START_GROUP);
    out.writeTag(7, Wire.END_GROUP);
    out.writeTag(1000, Wire.END_GROUP);
    out.writeFixed64(1001, 1);
    out.writeFixed32(1002, 1);
    out.writeInt64(1003, -1);
    out.writeString(1, "orders");
    out.flush();

    String name = GET.one(request.toByteArray());

    assertThat(name).isEqualTo("orders");
  }

  @Test
  void groupsNestAsDeepAsAParserTakesThemAndNoDeeper() throws IOException {
    assertThat(GET.scan(groups(Wire.MAX_DEPTH))).isEmpty();
    assertThat(GetRequest.parseFrom(groups(Wire.MAX_DEPTH)).getCollection()).isEmpty();
    assertMalformed(GET, groups(Wire.MAX_DEPTH + 1));
    assertThatThrownBy(() -> GetRequest.parseFrom(groups(Wire.MAX_DEPTH + 1)))
        .isInstanceOf(IOException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0a", // a tag and nothing
        "0a05", // a length past the end
        "0a0561", // a string that ends too soon
        "0affffffffffffffffff01", // a length that is negative
        "0a8080808010", // a length of more than 32 bits
        "8a808080808000016f", // a tag of more than five bytes
        "0802", // the name as a number
        "0d01020304", // the name as four bytes
        "0a01ff", // a name that is not UTF-8
        "0a02c080", // a zero in two bytes
        "0a03eda080", // half a surrogate pair
        "00", // field number 0
        "0201", // field number 0 with bytes
        "7e", // wire type 6
        "7f", // wire type 7
        "7c", // a group that did not begin
        "7b", // a group that does not end
        "7b8401", // a group that another one ends
        "78ffffffffffffffffffff01", // a number of eleven bytes
        "7901020304", // eight bytes that are four
        "7d0102", // four bytes that are two
      })
  void malformedBytesAreRefused(String hex) {
    assertMalformed(GET, HexFormat.of().parseHex(hex));
    assertMalformed(WRITE, HexFormat.of().parseHex(hex));
  }

  @Test
  void anInvalidNameIsRefusedThoughALaterOneReplacesIt() {
    byte[] request =
        joined(
            new byte[] {0x0a, 1, (byte) 0xff},
            GetRequest.newBuilder().setCollection("orders").build().toByteArray());

    assertMalformed(GET, request);
  }

  @Test
  void moreNamesThanAnyRequestMayHoldAreRefused() {
    WriteRequest.Builder request = WriteRequest.newBuilder();
    for (int i = 0; i <= ResourceScanner.MAX_NAMES; i++) {
      request.addWrites(DataWrite.newBuilder().setTable("t" + i));
    }

    assertMalformed(WRITE, request.build().toByteArray());
  }

  @Test
  void onlyRequestsThatNameAtMostOneThingCanBeAskedForOne() {
    assertThat(ResourceScanner.of(PutRequest.getDescriptor()).namesOne()).isTrue();
    assertThat(WRITE.namesOne()).isFalse();
    assertThatThrownBy(() -> WRITE.one(new byte[0])).isInstanceOf(IllegalStateException.class);
  }

  @ParameterizedTest
  @MethodSource("requests")
  void whatIsFoundIsWhatAParserFinds(Descriptor type) {
    ResourceScanner scanner = ResourceScanner.of(type);
    ReferenceNames reference = new ReferenceNames(type);
    RandomMessages random = new RandomMessages(SEED);

    for (int i = 0; i < 100; i++) {
      byte[] request = random.merged(type);
      assertThat(scanner.scan(request)).isEqualTo(reference.find(request));
    }
  }

  @ParameterizedTest
  @MethodSource("requests")
  void whatAParserRefusesIsRefusedAndWhatIsTakenIsWhatItFinds(Descriptor type) {
    ResourceScanner scanner = ResourceScanner.of(type);
    ReferenceNames reference = new ReferenceNames(type);
    RandomMessages random = new RandomMessages(SEED);
    int inputs = scanner.namesOne() ? 200 : 1000;
    int taken = 0;

    for (int i = 0; i < inputs; i++) {
      byte[] request = random.mutated(random.merged(type));
      List<String> expected = reference.find(request);
      try {
        assertThat(scanner.scan(request)).isEqualTo(expected);
        taken++;
      } catch (PrismException e) {
        // Refusing more than a parser is right; refusing all would be easy.
        assertThat(e.reason()).isEqualTo(Reason.REQUEST_MALFORMED);
      }
    }
    assertThat(taken).isGreaterThan(inputs / 10);
  }

  @Test
  void aMillionInputsOfGarbageEndInNamesOrInARefusal() {
    RandomMessages random = new RandomMessages(SEED);
    List<ResourceScanner> scanners = requests().map(ResourceScanner::of).toList();

    for (int i = 0; i < 1_000_000; i++) {
      byte[] garbage = random.bytes(i % 48);
      try {
        scanners.get(i % scanners.size()).scan(garbage);
      } catch (PrismException e) {
        if (e.reason() != Reason.REQUEST_MALFORMED) {
          fail("%s for %s", e.reason(), ByteString.copyFrom(garbage));
        }
      }
    }
  }

  private static void assertMalformed(ResourceScanner scanner, byte[] request) {
    assertThatThrownBy(() -> scanner.scan(request))
        .isInstanceOfSatisfying(
            PrismException.class, e -> assertThat(e.reason()).isEqualTo(Reason.REQUEST_MALFORMED));
  }

  private static byte[] start(Subscription.Builder subscription) {
    return ConsumeRequest.newBuilder()
        .setStart(ConsumeStart.newBuilder().setSubscription(subscription))
        .build()
        .toByteArray();
  }

  private static byte[] joined(byte[] first, byte[] second) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(first);
    all.writeBytes(second);
    return all.toByteArray();
  }

  /** Groups of an unknown field, one in the other. */
  private static byte[] groups(int depth) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    for (int i = 0; i < depth; i++) {
      out.writeTag(1000, Wire.START_GROUP);
    }
    for (int i = 0; i < depth; i++) {
      out.writeTag(1000, Wire.END_GROUP);
    }
    out.flush();
    return bytes.toByteArray();
  }
}
