package dev.prism.proxy.route;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import dev.prism.proxy.route.MethodTable.Method;
import java.util.List;

/**
 * Whether a call that a dying plugin may have carried out can be sent again (hazard 20): a read, or
 * a write with an idempotency key. Repeating a blind write could overwrite a later one that was
 * acknowledged. Asked only when a plugin has died.
 */
final class Resend {
  private Resend() {}

  static boolean isSafe(Method method, byte[] request) {
    return method.repeatable() || hasIdempotencyKey(method, request);
  }

  private static boolean hasIdempotencyKey(Method method, byte[] request) {
    FieldDescriptor key = method.request().findFieldByName("idempotency_key");
    if (key == null) {
      return false;
    }
    try {
      List<ByteString> values =
          UnknownFieldSet.parseFrom(request).getField(key.getNumber()).getLengthDelimitedList();
      // Of a field that stands more than once the last counts, for the plugin too.
      return !values.isEmpty() && !values.getLast().isEmpty();
    } catch (InvalidProtocolBufferException malformed) {
      return false; // the plugin would have refused it
    }
  }
}
