package dev.prism.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.SourceCodeInfo.Location;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import dev.prism.options.Access;
import dev.prism.status.Reason;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ContractTest {
  /** The numbers that each service's operations are taken from. */
  private static final Map<String, int[]> OPERATIONS =
      Map.of(
          "prism.keyvalue.v1", new int[] {1, 19},
          "prism.queue.v1", new int[] {20, 39},
          "prism.pubsub.v1", new int[] {40, 49},
          "prism.reader.v1", new int[] {50, 59},
          "prism.transact.v1", new int[] {60, 69},
          "prism.plugin.v1", new int[] {100, 109});

  private static final int IDEMPOTENCY_KEY = 15;

  private static Contract contract;

  @BeforeAll
  static void load() throws Exception {
    contract = Contract.load(Contract.BUILT);
  }

  @Test
  void everyServiceOfTheDesignIsThere() {
    assertThat(contract.files().stream().flatMap(file -> file.getServices().stream()))
        .extracting(service -> service.getFullName())
        .containsExactlyInAnyOrder(
            "prism.config.v1.ConfigService",
            "prism.session.v1.SessionService",
            "prism.keyvalue.v1.KeyValueService",
            "prism.queue.v1.QueueService",
            "prism.pubsub.v1.PubSubService",
            "prism.reader.v1.ReaderService",
            "prism.transact.v1.TransactService",
            "prism.admin.v1.AdminService",
            "prism.plugin.v1.HealthService",
            "prism.plugin.v1.MetricsService",
            "prism.plugin.v1.PluginInfoService",
            "prism.plugin.v1.ProvisionService",
            "prism.plugin.v1.LinkService");
  }

  @Test
  void everyFieldMethodAndEnumValueHasAComment() throws IOException {
    List<String> bare = new ArrayList<>();
    for (FileDescriptorProto file : Contract.read(Contract.BUILT).getFileList()) {
      if (file.getPackage().startsWith("prism")) {
        for (Location location : file.getSourceCodeInfo().getLocationList()) {
          if (needsComment(location.getPathList()) && location.getLeadingComments().isBlank()) {
            bare.add(file.getName() + ":" + (location.getSpan(0) + 1));
          }
        }
      }
    }

    assertThat(bare).isEmpty();
  }

  /** Whether a path of descriptor.proto's field numbers leads to a field, a method or a value. */
  private static boolean needsComment(List<Integer> path) {
    int size = path.size();
    if (size < 4 || size % 2 != 0) {
      return false;
    }
    int outermost = path.get(0);
    int kind = path.get(size - 2);
    return switch (outermost) {
      case FileDescriptorProto.MESSAGE_TYPE_FIELD_NUMBER -> kind == 2;
      case FileDescriptorProto.ENUM_TYPE_FIELD_NUMBER, FileDescriptorProto.SERVICE_FIELD_NUMBER ->
          size == 4 && kind == 2;
      default -> false;
    };
  }

  @Test
  void everyRequestThatChangesSomethingHasAnIdempotencyKey() {
    List<MethodDescriptor> changing =
        contract
            .dataMethods()
            .filter(method -> !Contract.info(method).getRepeatable() && !isDelivery(method))
            .toList();

    assertThat(changing)
        .hasSizeGreaterThan(15)
        .allSatisfy(
            method -> {
              FieldDescriptor key = method.getInputType().findFieldByNumber(IDEMPOTENCY_KEY);
              assertThat(key).as("%s", method.getFullName()).isNotNull();
              assertThat(key.getName()).isEqualTo("idempotency_key");
              assertThat(key.getType()).isEqualTo(FieldDescriptor.Type.STRING);
            });
  }

  /**
   * Streams that hand out messages change nothing until one is acknowledged, which is idempotent.
   */
  private static boolean isDelivery(MethodDescriptor method) {
    return method.isServerStreaming() && Contract.info(method).getAccess() == Access.ACCESS_READ;
  }

  @Test
  void field15OfARequestIsTheIdempotencyKeyAndNothingElse() {
    assertThat(contract.methods().map(MethodDescriptor::getInputType))
        .allSatisfy(
            request -> {
              FieldDescriptor byNumber = request.findFieldByNumber(IDEMPOTENCY_KEY);
              assertThat(request.findFieldByName("idempotency_key"))
                  .as(request.getFullName())
                  .isSameAs(byNumber);
            });
  }

  @Test
  void everyResourceIsAString() {
    assertThat(contract.fields().filter(Contract::isResource))
        .isNotEmpty()
        .allSatisfy(
            field ->
                assertThat(field.getType())
                    .as(field.getFullName())
                    .isEqualTo(FieldDescriptor.Type.STRING));
  }

  @Test
  void everyDataRequestNamesAResource() {
    assertThat(contract.dataMethods().map(MethodDescriptor::getInputType))
        .allSatisfy(
            request ->
                assertThat(namesResource(request, new HashSet<>()))
                    .as(request.getFullName())
                    .isTrue());
  }

  private static boolean namesResource(Descriptor message, Set<String> seen) {
    return seen.add(message.getFullName())
        && message.getFields().stream()
            .anyMatch(
                field ->
                    Contract.isResource(field)
                        || (field.getType() == FieldDescriptor.Type.MESSAGE
                            && namesResource(field.getMessageType(), seen)));
  }

  @Test
  void operationsAreUniqueCompleteAndInTheirServicesRange() {
    Map<Integer, String> owners = new HashMap<>();
    List<String> wrong = new ArrayList<>();
    contract
        .methods()
        .filter(method -> OPERATIONS.containsKey(method.getFile().getPackage()))
        .filter(method -> !method.getFullName().equals("prism.plugin.v1.LinkService.Attach"))
        .forEach(
            method -> {
              int operation = Contract.info(method).getOperation();
              int[] range = OPERATIONS.get(method.getFile().getPackage());
              String other = owners.put(operation, method.getFullName());
              if (other != null || operation < range[0] || operation > range[1]) {
                wrong.add(method.getFullName() + " has " + operation + ", so has " + other);
              }
            });

    assertThat(wrong).isEmpty();
    assertThat(owners).hasSizeGreaterThan(30);
  }

  @Test
  void everyOperationDeclaresItsAccessAndOnlyReadsAreRepeatable() {
    assertThat(contract.methods().filter(method -> Contract.info(method).getOperation() != 0))
        .allSatisfy(
            method -> {
              Access access = Contract.info(method).getAccess();
              assertThat(access)
                  .as(method.getFullName())
                  .isIn(Access.ACCESS_READ, Access.ACCESS_WRITE);
              assertThat(Contract.info(method).getRepeatable() && access != Access.ACCESS_READ)
                  .as(method.getFullName())
                  .isFalse();
            });
  }

  @Test
  void aReleasedMethodKeepsItsOperation() throws Exception {
    Map<String, Integer> now =
        contract
            .methods()
            .collect(
                Collectors.toMap(
                    MethodDescriptor::getFullName, method -> Contract.info(method).getOperation()));

    assertThat(Contract.load(Contract.RELEASED).methods())
        .isNotEmpty()
        .allSatisfy(
            method ->
                assertThat(now)
                    .containsEntry(method.getFullName(), Contract.info(method).getOperation()));
  }

  @Test
  void everyEnumHasAnUnspecifiedZero() {
    assertThat(contract.enums())
        .isNotEmpty()
        .allSatisfy(
            type ->
                assertThat(type.findValueByNumber(0).getName())
                    .as(type.getFullName())
                    .endsWith("_UNSPECIFIED"));
  }

  @Test
  void everyReasonThatACommentNamesExistsWithTheCodeThatItIsNamedWith() throws IOException {
    Set<String> reasons =
        Arrays.stream(Reason.values()).map(Reason::name).collect(Collectors.toSet());
    Pattern token = Pattern.compile("([A-Z][A-Z_]+)?\\s+\\(?`([A-Z]+(?:_[A-Z]+)+)`");
    Set<String> codes =
        Arrays.stream(Reason.values())
            .map(reason -> reason.code().name())
            .collect(Collectors.toSet());
    Set<String> wrong = new TreeSet<>();
    int seen = 0;
    for (String comment : Contract.comments(Contract.BUILT)) {
      Matcher matcher = token.matcher(comment);
      while (matcher.find()) {
        seen++;
        String code = matcher.group(1);
        String reason = matcher.group(2);
        if (!reasons.contains(reason)) {
          wrong.add(reason);
        } else if (code != null
            && codes.contains(code)
            && !Reason.valueOf(reason).code().name().equals(code)) {
          wrong.add(code + " " + reason);
        }
      }
    }

    assertThat(wrong).isEmpty();
    assertThat(seen).isGreaterThan(50);
  }
}
