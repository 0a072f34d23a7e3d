package dev.prism.plugin.dynamodb;

import static dev.prism.conformance.ReaderFixture.rows;

import dev.prism.conformance.DynamoTables;
import dev.prism.conformance.HostedPlugin;
import dev.prism.conformance.ReaderApi;
import dev.prism.reader.v1.Page;
import dev.prism.reader.v1.QueryRequest;
import dev.prism.sdk.PluginConfig;
import dev.prism.testservers.DynamoDbServer;
import dev.prism.type.v1.Filter;
import dev.prism.type.v1.FilterList;
import dev.prism.type.v1.Sort;
import dev.prism.type.v1.Value;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/** Tables of the namespace shop, and a plugin that reads them, with all requests looked at. */
abstract class DynamoTablesFixture {
  static final ScalarAttributeType TEXT = ScalarAttributeType.S;
  static final ScalarAttributeType NUMBER = ScalarAttributeType.N;
  @TempDir private static Path directory;
  private static DynamoDbServer server;
  static Interposed between;
  static DynamoTables tables;
  static HostedPlugin plugin;
  static ReaderApi api;

  @BeforeAll
  static void start() {
    server = DynamoDbServer.forTests(directory);
    between = new Interposed(server.url());
    tables = DynamoTables.of(server.settings(), "shop.");
    Map<String, String> settings = new HashMap<>(server.settings());
    settings.put("DYNAMODB_ENDPOINT", between.url());
    settings.put("DYNAMODB_TABLE", "shop.values");
    plugin =
        new HostedPlugin(new DynamoPlugin(), PluginConfig.of(settings), InstantSource.system());
    api = plugin.reader("shop");
  }

  @AfterAll
  static void stop() {
    plugin.close();
    tables.client().close();
    between.close();
    server.close();
  }

  static QueryRequest.Builder query(String table) {
    return QueryRequest.newBuilder().setCollection(table);
  }

  static Filter all(Filter... filters) {
    return Filter.newBuilder()
        .setAllOf(FilterList.newBuilder().addAllFilters(List.of(filters)))
        .build();
  }

  static List<Map<String, Value>> read(QueryRequest.Builder query) {
    List<Page> pages = new ArrayList<>();
    api.query(query.build()).forEachRemaining(response -> pages.add(response.getPage()));
    return rows(pages);
  }

  static Sort sort(String column, boolean descending) {
    return Sort.newBuilder().setColumn(column).setDescending(descending).build();
  }
}
