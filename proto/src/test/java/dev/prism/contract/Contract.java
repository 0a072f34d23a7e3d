package dev.prism.contract;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.ExtensionRegistry;
import dev.prism.options.MethodInfo;
import dev.prism.options.Options;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** A descriptor set's files of Prism, linked. */
record Contract(List<FileDescriptor> files) {
  /** What this build made, with comments. */
  static final Path BUILT = Path.of("target", "prism.binpb");

  /** What the last release had. */
  static final Path RELEASED = Path.of("released", "v1.binpb");

  private static final Set<String> DATA_PACKAGES =
      Set.of(
          "prism.keyvalue.v1",
          "prism.queue.v1",
          "prism.pubsub.v1",
          "prism.reader.v1",
          "prism.transact.v1");

  static FileDescriptorSet read(Path path) throws IOException {
    ExtensionRegistry registry = ExtensionRegistry.newInstance();
    Options.registerAllExtensions(registry);
    return FileDescriptorSet.parseFrom(Files.readAllBytes(path), registry);
  }

  static Contract load(Path path) throws IOException, DescriptorValidationException {
    Map<String, FileDescriptor> linked = new LinkedHashMap<>();
    // protoc writes a file after all that it imports.
    for (FileDescriptorProto file : read(path).getFileList()) {
      FileDescriptor[] imports =
          file.getDependencyList().stream().map(linked::get).toArray(FileDescriptor[]::new);
      linked.put(file.getName(), FileDescriptor.buildFrom(file, imports));
    }
    return new Contract(
        linked.values().stream().filter(file -> file.getPackage().startsWith("prism")).toList());
  }

  Stream<MethodDescriptor> methods() {
    return files.stream()
        .flatMap(file -> file.getServices().stream())
        .flatMap(service -> service.getMethods().stream());
  }

  Stream<MethodDescriptor> dataMethods() {
    return methods().filter(method -> DATA_PACKAGES.contains(method.getFile().getPackage()));
  }

  Stream<Descriptor> messages() {
    return files.stream()
        .flatMap(file -> file.getMessageTypes().stream())
        .flatMap(Contract::withNested)
        .filter(message -> !message.getOptions().getMapEntry());
  }

  Stream<FieldDescriptor> fields() {
    return messages().flatMap(message -> message.getFields().stream());
  }

  Stream<EnumDescriptor> enums() {
    return Stream.concat(
        files.stream().flatMap(file -> file.getEnumTypes().stream()),
        messages().flatMap(message -> message.getEnumTypes().stream()));
  }

  /** Every comment that stands before something. */
  static List<String> comments(Path path) throws IOException {
    List<String> comments = new ArrayList<>();
    for (FileDescriptorProto file : read(path).getFileList()) {
      if (file.getPackage().startsWith("prism")) {
        for (var location : file.getSourceCodeInfo().getLocationList()) {
          comments.add(location.getLeadingComments());
          comments.addAll(location.getLeadingDetachedCommentsList());
        }
      }
    }
    return comments;
  }

  static MethodInfo info(MethodDescriptor method) {
    return method.getOptions().getExtension(Options.method);
  }

  static boolean isResource(FieldDescriptor field) {
    return field.getOptions().getExtension(Options.resource);
  }

  private static Stream<Descriptor> withNested(Descriptor message) {
    return Stream.concat(
        Stream.of(message), message.getNestedTypes().stream().flatMap(Contract::withNested));
  }
}
