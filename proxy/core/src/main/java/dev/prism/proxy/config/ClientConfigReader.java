package dev.prism.proxy.config;

import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Duration;
import com.google.protobuf.MapEntry;
import com.google.protobuf.Message;
import com.google.protobuf.WireFormat;
import dev.prism.config.v1.ClientConfig;
import dev.prism.proxy.call.Times;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * Reads a named config with the field names of the contract's {@link ClientConfig}, by its
 * descriptor, so that the file can say whatever the contract can. Enum values are written without
 * their prefix ({@code STRONG}), durations with a unit ({@code 5s}).
 */
final class ClientConfigReader {
  private static final java.time.Duration LONGEST = java.time.Duration.ofDays(3650);

  private final Map<String, Integer> lines = new LinkedHashMap<>();

  /** The config of a section; {@code name} is the section's own key and no field of it. */
  ClientConfig read(String name, Section section) {
    ClientConfig.Builder config = ClientConfig.newBuilder();
    fill(config, section, "");
    section.end();
    return config.setName(name).build();
  }

  /** The line of a field's path, or of the nearest thing around it that is in the file. */
  int line(String path, int otherwise) {
    for (String at = path; !at.isEmpty(); at = parent(at)) {
      Integer line = lines.get(at);
      if (line != null) {
        return line;
      }
    }
    return otherwise;
  }

  private static String parent(String path) {
    return path.substring(0, Math.max(0, Math.max(path.lastIndexOf('.'), path.lastIndexOf('['))));
  }

  private void fill(Message.Builder message, Section section, String path) {
    for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
      if (path.isEmpty() && field.getNumber() == ClientConfig.NAME_FIELD_NUMBER) {
        continue;
      }
      Node node = section.node(field.getName());
      if (node == null) {
        continue;
      }
      String at = path.isEmpty() ? field.getName() : path + "." + field.getName();
      lines.put(at, section.line(field.getName()));
      if (field.isMapField()) {
        options(message, field, section.section(field.getName()));
      } else if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
          && !field.getMessageType().equals(Duration.getDescriptor())) {
        Section child = section.section(field.getName());
        Message.Builder value = message.newBuilderForField(field);
        fill(value, child, at);
        child.end();
        message.setField(field, value.build());
      } else {
        Object value = scalar(field, section, node);
        if (value != null) {
          message.setField(field, value);
        }
      }
    }
  }

  private static @org.jspecify.annotations.Nullable Object scalar(
      FieldDescriptor field, Section section, Node node) {
    Scalars scalars = section.scalars();
    String path = section.path(field.getName());
    return switch (field.getJavaType()) {
      case STRING -> scalars.string(path, node);
      case BOOLEAN -> scalars.bool(path, node);
      case DOUBLE -> scalars.number(path, node, -1e18, 1e18);
      case INT -> {
        Long value = scalars.integer(path, node, 0, Integer.MAX_VALUE);
        yield value == null ? null : value.intValue();
      }
      case LONG -> scalars.integer(path, node, 0, Long.MAX_VALUE);
      case ENUM -> enumValue(field, path, node, section);
      case MESSAGE -> {
        java.time.Duration value = scalars.duration(path, node, java.time.Duration.ZERO, LONGEST);
        yield value == null ? null : Times.message(value);
      }
      case FLOAT, BYTE_STRING ->
          throw new IllegalStateException("ClientConfig has no field of this type: " + field);
    };
  }

  private static @org.jspecify.annotations.Nullable EnumValueDescriptor enumValue(
      FieldDescriptor field, String path, Node node, Section section) {
    Scalars.Text text = section.scalars().text(path, node);
    if (text == null) {
      return null;
    }
    String prefix = prefix(field);
    String wanted = text.value().toUpperCase(Locale.ROOT);
    EnumValueDescriptor value = field.getEnumType().findValueByName(prefix + wanted);
    if (value != null && value.getNumber() != 0) {
      return value;
    }
    List<String> known =
        field.getEnumType().getValues().stream()
            .filter(each -> each.getNumber() != 0)
            .map(each -> each.getName().substring(prefix.length()))
            .toList();
    section
        .scalars()
        .wrong(
            path, node, text, "one of " + String.join(", ", known), Names.nearest(wanted, known));
    return null;
  }

  /** What the names of an enum's values have in common: its own name in capitals. */
  private static String prefix(FieldDescriptor field) {
    String zero = field.getEnumType().getValues().getFirst().getName();
    return zero.substring(0, zero.length() - "UNSPECIFIED".length());
  }

  private void options(Message.Builder message, FieldDescriptor field, Section section) {
    MapEntry<String, String> entry =
        MapEntry.newDefaultInstance(
            field.getMessageType(),
            WireFormat.FieldType.STRING,
            "",
            WireFormat.FieldType.STRING,
            "");
    for (String key : section.keys()) {
      String value = section.string(key);
      if (value != null) {
        message.addRepeatedField(field, entry.toBuilder().setKey(key).setValue(value).build());
      }
    }
  }
}
