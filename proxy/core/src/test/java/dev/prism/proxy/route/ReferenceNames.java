package dev.prism.proxy.route;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.OneofDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import dev.prism.options.Options;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a scan should find, by protobuf's own parser. It parses with a type cut down to the parts
 * that a scanner looks at, so that it refuses what is wrong in those and nothing else.
 */
final class ReferenceNames {
  private final Descriptor reduced;
  private final List<String> marked = new ArrayList<>();

  ReferenceNames(Descriptor type) {
    FileDescriptorProto.Builder file =
        FileDescriptorProto.newBuilder().setName("reduced.proto").setSyntax("proto3");
    file.addMessageType(reduce(type));
    try {
      reduced = FileDescriptor.buildFrom(file.build(), new FileDescriptor[0]).getMessageType(0);
    } catch (DescriptorValidationException e) {
      throw new AssertionError(e);
    }
  }

  private DescriptorProto reduce(Descriptor type) {
    DescriptorProto.Builder copy = type.toProto().toBuilder();
    copy.clearField().clearNestedType().clearEnumType().clearReservedRange().clearOptions();
    copy.clearReservedName();
    for (FieldDescriptor field : type.getFields()) {
      FieldDescriptorProto.Builder part = field.toProto().toBuilder().clearOptions();
      if (field.getOptions().getExtension(Options.resource)) {
        marked.add(type.getName() + "." + field.getName());
        copy.addField(part);
      } else if (holdsName(field)) {
        copy.addField(part.setTypeName(field.getMessageType().getName()));
        if (copy.getNestedTypeList().stream()
            .noneMatch(nested -> nested.getName().equals(field.getMessageType().getName()))) {
          copy.addNestedType(reduce(field.getMessageType()));
        }
      } else if (sharesOneof(field)) {
        boolean hasLength =
            field.getType() == FieldDescriptor.Type.MESSAGE
                || field.getType() == FieldDescriptor.Type.STRING;
        copy.addField(
            hasLength ? part.setType(FieldDescriptorProto.Type.TYPE_BYTES).clearTypeName() : part);
      }
    }
    return withUsedOneofs(copy);
  }

  /** Oneofs without a member left are not valid. */
  private static DescriptorProto withUsedOneofs(DescriptorProto.Builder copy) {
    List<Integer> used =
        copy.getFieldList().stream()
            .filter(FieldDescriptorProto::hasOneofIndex)
            .map(FieldDescriptorProto::getOneofIndex)
            .distinct()
            .sorted()
            .toList();
    List<OneofDescriptorProto> kept = used.stream().map(copy::getOneofDecl).toList();
    copy.clearOneofDecl().addAllOneofDecl(kept);
    copy.getFieldBuilderList().stream()
        .filter(FieldDescriptorProto.Builder::hasOneofIndex)
        .forEach(field -> field.setOneofIndex(used.indexOf(field.getOneofIndex())));
    return copy.build();
  }

  private static boolean holdsName(FieldDescriptor field) {
    return field.getType() == FieldDescriptor.Type.MESSAGE
        && holdsName(field.getMessageType(), new HashSet<>());
  }

  private static boolean holdsName(Descriptor type, Set<Descriptor> seen) {
    return seen.add(type)
        && type.getFields().stream()
            .anyMatch(
                field ->
                    field.getOptions().getExtension(Options.resource)
                        || (field.getType() == FieldDescriptor.Type.MESSAGE
                            && holdsName(field.getMessageType(), seen)));
  }

  private static boolean sharesOneof(FieldDescriptor field) {
    OneofDescriptor oneof = field.getRealContainingOneof();
    return oneof != null
        && oneof.getFields().stream()
            .anyMatch(
                other -> other.getOptions().getExtension(Options.resource) || holdsName(other));
  }

  /** The names, or null where the parser refuses the bytes. */
  List<String> find(byte[] bytes) {
    try {
      List<String> names = new ArrayList<>();
      collect(DynamicMessage.parseFrom(reduced, bytes), names);
      return names;
    } catch (InvalidProtocolBufferException e) {
      return null;
    }
  }

  private void collect(Message message, List<String> names) {
    List<FieldDescriptor> fields = new ArrayList<>(message.getDescriptorForType().getFields());
    fields.sort(null);
    for (FieldDescriptor field : fields) {
      List<?> values =
          field.isRepeated()
              ? (List<?>) message.getField(field)
              : message.hasField(field) ? List.of(message.getField(field)) : List.of();
      for (Object value : values) {
        if (value instanceof Message nested) {
          collect(nested, names);
        } else if (marked.contains(field.getContainingType().getName() + "." + field.getName())
            && !value.equals("")
            && (names.isEmpty() || !names.getLast().equals(value))) {
          names.add((String) value);
        }
      }
    }
  }
}
