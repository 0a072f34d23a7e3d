package dev.prism.plugin.neptune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.stream.JsonReader;
import com.google.protobuf.Timestamp;
import dev.prism.sdk.rows.Values;
import dev.prism.type.v1.ListValue;
import dev.prism.type.v1.MapValue;
import dev.prism.type.v1.Value;
import java.io.IOException;
import java.io.StringReader;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Values of GraphSON 3 become those of rows, none of them rounded. */
class GraphSonTest {
  private static Value read(String json) throws IOException {
    return GraphSon.value(new JsonReader(new StringReader(json)));
  }

  private static Value typed(String type, String value) throws IOException {
    return read("{\"@type\":\"" + type + "\",\"@value\":" + value + "}");
  }

  private static Value moment(long seconds, int nanos) {
    return Value.newBuilder()
        .setTimestampValue(Timestamp.newBuilder().setSeconds(seconds).setNanos(nanos))
        .build();
  }

  @Test
  void numbersKeepWhatTheyAreWorth() throws IOException {
    assertThat(typed("g:Int32", "-5")).isEqualTo(Values.of(-5L));
    assertThat(typed("g:Int64", "9223372036854775807")).isEqualTo(Values.of(Long.MAX_VALUE));
    assertThat(typed("gx:Byte", "1")).isEqualTo(Values.of(1L));
    assertThat(typed("gx:Int16", "-300")).isEqualTo(Values.of(-300L));
    assertThat(typed("g:Double", "0.1")).isEqualTo(Values.of(0.1));
    assertThat(typed("g:Double", "\"NaN\"")).isEqualTo(Values.of(Double.NaN));
    assertThat(typed("g:Double", "\"-Infinity\"")).isEqualTo(Values.of(Double.NEGATIVE_INFINITY));
    assertThat(typed("g:Float", "0.1")).isEqualTo(Values.of((double) 0.1f));
    assertThat(typed("gx:BigDecimal", "1E+3")).isEqualTo(Values.of(new BigDecimal("1000")));
    assertThat(typed("gx:BigDecimal", "0.10")).isEqualTo(Values.of(new BigDecimal("0.10")));
    assertThat(typed("gx:BigInteger", "99999999999999999999"))
        .isEqualTo(Values.of(new BigDecimal("99999999999999999999")));
  }

  @Test
  void aNumberOfEndlessDigitsIsText() throws IOException {
    assertThat(typed("gx:BigDecimal", "1E+999999999")).isEqualTo(Values.of("1E+999999999"));
  }

  @Test
  void momentsAreMoments() throws IOException {
    assertThat(typed("g:Date", "-1")).isEqualTo(moment(-1, 999_000_000));
    assertThat(typed("g:Timestamp", "1500")).isEqualTo(moment(1, 500_000_000));
    assertThat(typed("gx:OffsetDateTime", "\"1970-01-01T02:00:01.000000005+02:00\""))
        .isEqualTo(moment(1, 5));
    assertThat(typed("gx:Instant", "\"1970-01-01T00:00:01Z\"")).isEqualTo(moment(1, 0));
  }

  @Test
  void aMomentThatNoTimestampIsIsText() throws IOException {
    assertThat(typed("gx:Instant", "\"-0044-03-15T00:00:00Z\""))
        .isEqualTo(Values.of("-0044-03-15T00:00:00Z"));
  }

  @Test
  void whatRowsHaveNoKindForIsText() throws IOException {
    assertThat(typed("gx:LocalDate", "\"2024-02-29\"")).isEqualTo(Values.of("2024-02-29"));
    assertThat(typed("gx:Duration", "\"PT1S\"")).isEqualTo(Values.of("PT1S"));
    assertThat(typed("x:Point", "{\"x\":1}")).isEqualTo(Values.of("{\"x\":1}"));
  }

  @Test
  void listsAndMapsHoldValues() throws IOException {
    assertThat(typed("g:Set", "[\"a\",{\"@type\":\"g:Int32\",\"@value\":1}]"))
        .isEqualTo(
            Value.newBuilder()
                .setListValue(
                    ListValue.newBuilder().addValues(Values.of("a")).addValues(Values.of(1L)))
                .build());
    assertThat(typed("g:Map", "[\"a\",true,\"b\",null]"))
        .isEqualTo(
            Value.newBuilder()
                .setMapValue(
                    MapValue.newBuilder()
                        .putEntries("a", Values.of(true))
                        .putEntries("b", Values.NULL))
                .build());
  }

  @Test
  void whatIsNestedDeeperThanReadersOfProtobufTakeIsText() throws IOException {
    String nested = "{\"@type\":\"g:List\",\"@value\":[]}";
    for (int i = 0; i < 32; i++) {
      nested = "{\"@type\":\"g:List\",\"@value\":[" + nested + "]}";
    }

    Value value = read(nested);

    assertThat(Value.parseFrom(value.toByteArray())).isEqualTo(value);
    for (int i = 0; i < 32; i++) {
      value = value.getListValue().getValues(0);
    }
    assertThat(value).isEqualTo(Values.of("[]"));
  }

  @Test
  void aVertexHasItsIdAndItsProperties() throws IOException {
    Vertex vertex =
        GraphSon.vertex(
            new JsonReader(
                new StringReader(
                    """
                    {"@type":"g:Map","@value":["i","x","v",{"@type":"g:Map","@value":[
                      "one",{"@type":"g:List","@value":["a"]},
                      "two",{"@type":"g:List","@value":["a","b"]}]}]}
                    """)));

    assertThat(vertex)
        .isEqualTo(
            new Vertex(
                "x",
                Map.of(
                    "one",
                    Values.of("a"),
                    "two",
                    Value.newBuilder()
                        .setListValue(
                            ListValue.newBuilder()
                                .addAllValues(List.of(Values.of("a"), Values.of("b"))))
                        .build())));
  }

  @Test
  void whatIsNoGraphSonIsRefused() {
    for (String json :
        List.of(
            "{\"@value\":1}",
            "{\"@type\":\"g:Int32\"}",
            "{\"@type\":\"g:Int32\",\"@value\":\"x\"}",
            "{\"@type\":\"gx:Instant\",\"@value\":\"x\"}",
            "{\"@type\":\"g:UUID\",\"@value\":\"x\"}")) {
      // The second is how the parser says that something else was expected; see Gremlin.
      assertThatThrownBy(() -> read(json))
          .isInstanceOfAny(IOException.class, IllegalStateException.class);
    }
  }
}
