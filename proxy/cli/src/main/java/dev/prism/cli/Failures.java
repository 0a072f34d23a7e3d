package dev.prism.cli;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import dev.prism.status.PrismException;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** What a person is told of a call that failed: its status, its reason, and what to do next. */
final class Failures {
  private Failures() {}

  /** The lines for a failed call to {@code endpoint}. */
  static List<String> explain(StatusRuntimeException failure, String endpoint) {
    String tls = tls(failure, endpoint);
    if (tls != null) {
      return List.of(tls);
    }
    Status status = StatusProto.fromThrowable(failure);
    if (status == null) {
      return List.of(failure.getStatus().toString());
    }
    return explain(status, endpoint);
  }

  /** What is wrong between one who speaks TLS and one who does not, or another's; else null. */
  private static @Nullable String tls(StatusRuntimeException failure, String endpoint) {
    for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
      if (cause instanceof SSLException) {
        String why = String.valueOf(cause.getMessage());
        return why.startsWith("not an SSL/TLS record") // Netty's, with all that came in hexadecimal
            ? "%s does not speak TLS: leave out --tls, --ca and --cert".formatted(endpoint)
            : "TLS with %s failed: %s; --ca says whom to trust, --cert who you are"
                .formatted(endpoint, why);
      }
      if (cause instanceof ConnectException || cause instanceof UnknownHostException) {
        return null;
      }
    }
    // A server's own status has no cause here.
    return failure.getCause() != null
        ? "%s ended the connection: does it speak TLS? If so say --tls or --ca FILE, else leave them out"
            .formatted(endpoint)
        : null;
  }

  static List<String> explain(Status status, String endpoint) {
    List<String> lines = new ArrayList<>();
    ErrorInfo info = detail(status, ErrorInfo.class, ErrorInfo.getDefaultInstance());
    if (!info.getDomain().equals(PrismException.DOMAIN)) {
      lines.add(withoutReason(status, endpoint));
      return lines;
    }
    lines.add(
        "%s %s: %s".formatted(codeName(status.getCode()), info.getReason(), status.getMessage()));
    for (BadRequest.FieldViolation violation :
        detail(status, BadRequest.class, BadRequest.getDefaultInstance())
            .getFieldViolationsList()) {
      lines.add("  %s: %s".formatted(violation.getField(), violation.getDescription()));
    }
    String next = next(info.getReason());
    if (!next.isEmpty()) {
      lines.add(next);
    }
    return lines;
  }

  /** One line for an entry of a batch. */
  static String brief(Status status) {
    ErrorInfo info = detail(status, ErrorInfo.class, ErrorInfo.getDefaultInstance());
    return "%s %s: %s".formatted(codeName(status.getCode()), info.getReason(), status.getMessage());
  }

  /** A status that did not come from Prism: the connection's own. */
  private static String withoutReason(Status status, String endpoint) {
    return switch (Code.forNumber(status.getCode())) {
      case UNAVAILABLE ->
          "nothing answers at %s: is Prism running? Start it with ./prism up, or say where it is (--endpoint, --admin-endpoint)"
              .formatted(endpoint);
      case DEADLINE_EXCEEDED ->
          "no answer from %s in time: is it Prism's port? --deadline gives it longer"
              .formatted(endpoint);
      case UNIMPLEMENTED ->
          "what listens at %s does not know this call (%s): is it Prism's port, and of this version?"
              .formatted(endpoint, status.getMessage());
      case null, default -> "%s: %s".formatted(codeName(status.getCode()), status.getMessage());
    };
  }

  private static String next(String reason) {
    return switch (reason) {
      case "CREDENTIALS_MISSING" ->
          "set PRISM_API_KEY; ./prism key create --namespace NAME makes a key";
      case "CREDENTIALS_INVALID" ->
          "check PRISM_API_KEY; ./prism key list shows the keys that are valid";
      case "CONFIG_NOT_FOUND" -> "./prism config list shows the configs; choose one with --config";
      case "NAMESPACE_NOT_FOUND" ->
          "./prism namespaces shows the namespaces; choose one with --namespace";
      case "PLUGIN_UNAVAILABLE", "BACKEND_UNAVAILABLE" ->
          "./prism plugins shows how the plugins fare";
      case "TOPIC_NOT_FOUND" -> "a topic is there once something is published to it";
      case "NOT_PROVISIONED" ->
          "an administrator makes it: namespaces.NAME.topics of the configuration, then ./prism provision";
      case "COLLECTION_NOT_FOUND" ->
          "tables are made at the backend, in the place of the namespace: docs/reader.md";
      case "CURSOR_INVALID" ->
          "a cursor goes on with the command that printed it: collection, --where and --sort as there";
      case "OUTCOME_UNKNOWN" -> "read the key before you write it again";
      case "SESSION_LIMIT" -> "./prism sessions list shows who holds sessions";
      default -> "";
    };
  }

  private static String codeName(int code) {
    Code known = Code.forNumber(code);
    return known == null ? "CODE_" + code : known.name();
  }

  private static <M extends com.google.protobuf.Message> M detail(
      Status status, Class<M> type, M absent) {
    for (Any detail : status.getDetailsList()) {
      if (detail.is(type)) {
        try {
          return detail.unpack(type);
        } catch (InvalidProtocolBufferException e) {
          return absent; // a detail that cannot be read says nothing
        }
      }
    }
    return absent;
  }
}
