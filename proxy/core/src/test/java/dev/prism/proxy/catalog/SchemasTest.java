package dev.prism.proxy.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Type;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import dev.prism.control.v1.SchemaRecord;
import dev.prism.proxy.store.ControlStore;
import dev.prism.proxy.store.ControlStore.Kind;
import dev.prism.proxy.testing.FakeTime;
import dev.prism.proxy.testing.InProcessPlugins;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SchemasTest {
  private final InProcessPlugins plugins = new InProcessPlugins("control");
  private final ControlStore store =
      new ControlStore(plugins.get("control"), Duration.ofSeconds(5));
  private final FakeTime time = new FakeTime();
  private Schemas schemas = new Schemas(store, time);

  @AfterEach
  void close() {
    plugins.close();
  }

  @Test
  void registeredTypesAreKnownInTheirNamespaceAndOutliveTheProxy() {
    assertThat(schemas.register("default", set(user("a.proto", "name"))))
        .containsExactly("acme.User", "acme.User.Address");

    schemas = new Schemas(store, time);
    schemas.load();

    assertThat(schemas.find("default", "acme.User")).isNotNull();
    assertThat(schemas.find("orders", "acme.User")).isNull();
    assertThat(schemas.find("default", "acme.Other")).isNull();
  }

  @Test
  void theLaterOfTwoDefinitionsCountsAndTheOtherIsForgotten() {
    schemas.register("default", set(user("a.proto", "name")));
    time.advance(Duration.ofSeconds(1));
    schemas.register("default", set(user("b.proto", "email")));

    assertThat(schemas.find("default", "acme.User").findFieldByName("email")).isNotNull();
    assertThat(store.list(Kind.SCHEMAS, SchemaRecord.parser())).hasSize(1);
  }

  @Test
  void theSameAgainChangesNothing() {
    schemas.register("default", set(user("a.proto", "name")));

    assertThat(schemas.register("default", set(user("a.proto", "name"))))
        .containsExactly("acme.User", "acme.User.Address");
    assertThat(store.list(Kind.SCHEMAS, SchemaRecord.parser())).hasSize(1);
  }

  @Test
  void whatEveryServerHasNeedNotBeBrought() {
    FileDescriptorProto file =
        user("a.proto", "name").toBuilder()
            .addDependency("google/protobuf/timestamp.proto")
            .addDependency("prism/options.proto")
            .build();

    assertThat(schemas.register("default", set(file))).contains("acme.User");
  }

  static Stream<FileDescriptorSet> broken() {
    FileDescriptorProto user = user("a.proto", "name");
    return Stream.of(
        FileDescriptorSet.getDefaultInstance(),
        set(FileDescriptorProto.newBuilder().setName("empty.proto").build()),
        set(user, user),
        set(user.toBuilder().addDependency("missing.proto").build()),
        set(
            user.toBuilder().addDependency("b.proto").build(),
            user("b.proto", "x").toBuilder().addDependency("a.proto").build()),
        set(
            user.toBuilder()
                .addMessageType(
                    DescriptorProto.newBuilder()
                        .setName("Bad")
                        .addField(
                            FieldDescriptorProto.newBuilder()
                                .setName("x")
                                .setNumber(1)
                                .setType(Type.TYPE_MESSAGE)
                                .setTypeName(".acme.Nowhere")))
                .build()),
        set(user("a.proto", "x".repeat(1 << 20))));
  }

  @ParameterizedTest
  @MethodSource("broken")
  void whatDoesNotLinkIsRefusedAndLeavesNothing(FileDescriptorSet set) {
    PrismException failure =
        catchThrowableOfType(PrismException.class, () -> schemas.register("default", set));

    assertThat(failure.reason()).isEqualTo(Reason.FIELD_INVALID);
    assertThat(store.list(Kind.SCHEMAS, SchemaRecord.parser())).isEmpty();
  }

  @Test
  void aNamespaceHasSoManyAndNoMore() {
    for (int i = 0; i < Schemas.MAX_SETS; i++) {
      schemas.register("default", set(type("f" + i + ".proto", "T" + i)));
    }

    PrismException failure =
        catchThrowableOfType(
            PrismException.class,
            () -> schemas.register("default", set(type("more.proto", "More"))));

    assertThat(failure.reason()).isEqualTo(Reason.REGISTRATION_LIMIT);
  }

  private static FileDescriptorSet set(FileDescriptorProto... files) {
    FileDescriptorSet.Builder set = FileDescriptorSet.newBuilder();
    for (FileDescriptorProto file : files) {
      set.addFile(file);
    }
    return set.build();
  }

  private static FileDescriptorProto type(String file, String name) {
    return FileDescriptorProto.newBuilder()
        .setName(file)
        .setPackage("acme")
        .setSyntax("proto3")
        .addMessageType(DescriptorProto.newBuilder().setName(name))
        .build();
  }

  private static FileDescriptorProto user(String file, String field) {
    return FileDescriptorProto.newBuilder()
        .setName(file)
        .setPackage("acme")
        .setSyntax("proto3")
        .addMessageType(
            DescriptorProto.newBuilder()
                .setName("User")
                .addField(
                    FieldDescriptorProto.newBuilder()
                        .setName(field)
                        .setNumber(1)
                        .setType(Type.TYPE_STRING))
                .addNestedType(DescriptorProto.newBuilder().setName("Address")))
        .build();
  }
}
