package dev.prism.proxy.route;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Random;

/** Makes messages of any type, and bytes that are nearly messages, from a seed. */
final class RandomMessages {
  private static final List<String> STRINGS =
      List.of("", "a", "orders", "orders", "Grüße", "\uD83D\uDE80", "x".repeat(200), "a.b-c_d");

  private static final int DEEPEST = 4;

  private final Random random;

  RandomMessages(long seed) {
    this.random = new Random(seed);
  }

  Message message(Descriptor type) {
    return message(type, 0);
  }

  private DynamicMessage message(Descriptor type, int depth) {
    DynamicMessage.Builder message = DynamicMessage.newBuilder(type);
    for (FieldDescriptor field : type.getFields()) {
      int count = field.isRepeated() ? random.nextInt(4) : random.nextInt(2);
      boolean tooDeep = field.getType() == FieldDescriptor.Type.MESSAGE && depth == DEEPEST;
      for (int i = 0; i < count && !tooDeep; i++) {
        if (field.isRepeated()) {
          message.addRepeatedField(field, value(field, depth));
        } else {
          message.setField(field, value(field, depth));
        }
      }
    }
    return message.build();
  }

  private Object value(FieldDescriptor field, int depth) {
    return switch (field.getJavaType()) {
      case INT -> random.nextInt();
      case LONG -> random.nextLong();
      case FLOAT -> random.nextFloat();
      case DOUBLE -> random.nextDouble();
      case BOOLEAN -> random.nextBoolean();
      case STRING -> STRINGS.get(random.nextInt(STRINGS.size()));
      case BYTE_STRING -> ByteString.copyFrom(bytes(random.nextInt(20)));
      case ENUM -> field.getEnumType().findValueByNumber(0);
      case MESSAGE -> message(field.getMessageType(), depth + 1);
    };
  }

  byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  /** Several messages one after the other: what a parser merges. */
  byte[] merged(Descriptor type) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int i = random.nextInt(4); i >= 0; i--) {
      all.writeBytes(message(type).toByteArray());
    }
    return all.toByteArray();
  }

  /** The bytes with some of them changed, put in, taken out or cut off. */
  byte[] mutated(byte[] original) {
    byte[] bytes = original;
    for (int i = random.nextInt(3); i >= 0 && bytes.length > 0; i--) {
      int at = random.nextInt(bytes.length);
      bytes =
          switch (random.nextInt(5)) {
            case 0 -> replaced(bytes, at, 1, new byte[] {(byte) random.nextInt(256)});
            case 1 ->
                replaced(bytes, at, 1, new byte[] {(byte) (bytes[at] ^ 1 << random.nextInt(8))});
            case 2 -> replaced(bytes, at, 1, new byte[0]);
            case 3 -> replaced(bytes, at, 0, bytes(1 + random.nextInt(3)));
            default -> replaced(bytes, at, bytes.length - at, new byte[0]);
          };
    }
    return bytes;
  }

  private static byte[] replaced(byte[] bytes, int at, int removed, byte[] added) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length + added.length);
    out.write(bytes, 0, at);
    out.writeBytes(added);
    out.write(bytes, at + removed, bytes.length - at - removed);
    return out.toByteArray();
  }
}
