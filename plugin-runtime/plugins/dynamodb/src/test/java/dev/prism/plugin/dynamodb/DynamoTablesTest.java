package dev.prism.plugin.dynamodb;

import static dev.prism.conformance.KeyValueFixture.assertFails;
import static dev.prism.conformance.ReaderFixture.compare;
import static dev.prism.conformance.ReaderFixture.rows;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.prism.reader.v1.CountRequest;
import dev.prism.reader.v1.GetRequest;
import dev.prism.reader.v1.Page;
import dev.prism.sdk.rows.Values;
import dev.prism.status.Reason;
import dev.prism.type.v1.Filter;
import dev.prism.type.v1.Operator;
import dev.prism.type.v1.Value;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/** What is particular to DynamoDB's tables: keys, types, sizes, and which of them are seen. */
@Tag("conformance")
class DynamoTablesTest extends DynamoTablesFixture {
  @Test
  void aSortedPageIsBoundedByItsBytes() {
    tables.create("large", "id", NUMBER, "", TEXT);
    List<Map<String, Value>> rows = new ArrayList<>();
    for (long id = 0; id < 100; id++) {
      rows.add(Map.of("id", Values.of(id), "text", Values.of("x".repeat(20_000))));
    }
    tables.put("large", rows);
    List<Page> pages = new ArrayList<>();

    api.query(query("large").addSort(sort("id", true)).setPageBytes(100_000).build())
        .forEachRemaining(response -> pages.add(response.getPage()));

    assertThat(pages).allMatch(page -> page.getSerializedSize() < 110_000);
    assertThat(rows(pages))
        .extracting(row -> row.getOrDefault("id", Values.NULL).getInt64Value())
        .hasSize(100)
        .isSortedAccordingTo(Comparator.reverseOrder());
  }

  @Test
  void itemsOfManyMebibytesAreReadInParts() {
    tables.create("mebibytes", "id", NUMBER, "", TEXT);
    List<Map<String, Value>> rows = new ArrayList<>();
    for (long id = 0; id < 30; id++) {
      rows.add(
          Map.of(
              "id", Values.of(id), "text", Values.of("x".repeat(100_000)), "n", Values.of(id % 2)));
    }
    tables.put("mebibytes", rows);
    Filter odd = compare("n", Operator.OPERATOR_EQUAL, Values.of(1.0));

    assertThat(read(query("mebibytes").addColumns("id").setFilter(odd))).hasSize(15);
    assertThat(api.count(CountRequest.newBuilder().setCollection("mebibytes").build()).getCount())
        .isEqualTo(30);
  }

  @Test
  void aKeyMayBeBytesOrANumberWithAllOfItsDigits() {
    tables.create("keys", "id", ScalarAttributeType.B, "at", NUMBER);
    Value id = Values.of(new byte[] {0, -1});
    Value at =
        Value.newBuilder().setDecimalValue("1.0000000000000000000000000000000000001").build();
    tables.put("keys", List.of(Map.of("id", id, "at", at), Map.of("id", id, "at", Values.of(1L))));

    var got =
        api.get(
            GetRequest.newBuilder()
                .setCollection("keys")
                .putKey("id", id)
                .putKey("at", at)
                .build());

    assertThat(got.getRow().getValuesList()).containsExactly(id, at);
    assertThat(read(query("keys").setPageSize(1)))
        .containsExactly(Map.of("id", id, "at", Values.of(1L)), Map.of("id", id, "at", at));
    Filter equal =
        all(compare("id", Operator.OPERATOR_EQUAL, id), compare("at", Operator.OPERATOR_EQUAL, at));
    assertThat(read(query("keys").setFilter(equal))).hasSize(1);
  }

  @Test
  void setsAreListsThatContainTheirElements() {
    tables.create("sets", "id", TEXT, "", TEXT);
    tables
        .client()
        .putItem(
            put ->
                put.tableName("shop.sets")
                    .item(
                        Map.of(
                            "id", AttributeValue.fromS("x"),
                            "words", AttributeValue.fromSs(List.of("a", "b")),
                            "numbers", AttributeValue.fromNs(List.of("1", "2.5")))));

    for (Filter filter :
        List.of(
            compare("words", Operator.OPERATOR_CONTAINS, Values.of("b")),
            compare("numbers", Operator.OPERATOR_CONTAINS, Values.of(2.5)),
            compare("numbers", Operator.OPERATOR_CONTAINS, Values.of(1L)))) {
      assertThat(read(query("sets").setFilter(filter))).as("%s", filter).hasSize(1);
    }
    assertThat(
            read(
                query("sets")
                    .setFilter(compare("words", Operator.OPERATOR_CONTAINS, Values.of("")))))
        .isEmpty();
  }

  @Test
  void aTableWithoutItemsIsAnEmptyPage() {
    tables.create("empty", "id", TEXT, "", TEXT);

    assertThat(read(query("empty"))).isEmpty();
  }

  @Test
  void tablesOfValuesAreNotSeen() {
    tables.create("others-values", "pk", ScalarAttributeType.B, "sk", ScalarAttributeType.B);
    plugin
        .keyValue("shop")
        .put(
            dev.prism.keyvalue.v1.PutRequest.newBuilder()
                .setCollection("c")
                .setKey("k")
                .setValue(ByteString.copyFromUtf8("v"))
                .build());

    assertFails(Reason.COLLECTION_NOT_FOUND, () -> read(query("values")));
    assertFails(Reason.COLLECTION_NOT_FOUND, () -> read(query("others-values")));
  }

  @Test
  void aTableThatIsRemovedIsNotFoundAndOneWithAnotherKeyIsReadByIt() {
    tables.create("anew", "id", TEXT, "", TEXT);
    tables.put("anew", List.of(Map.of("id", Values.of("x")), Map.of("id", Values.of("y"))));
    ByteString cursor =
        api.query(query("anew").setLimit(1).build()).next().getPage().getNextCursor();
    tables.client().deleteTable(delete -> delete.tableName("shop.anew"));
    assertFails(Reason.COLLECTION_NOT_FOUND, () -> read(query("anew")));

    tables.create("anew", "number", NUMBER, "", TEXT);
    tables.put("anew", List.of(Map.of("number", Values.of(1L))));

    assertThat(read(query("anew"))).containsExactly(Map.of("number", Values.of(1L)));
    assertFails(Reason.CURSOR_INVALID, () -> read(query("anew").setCursor(cursor)));
  }
}
